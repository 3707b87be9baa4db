"""A job as options of st-run, which hold for Hadoop Streaming alike: its commands, what it ships, how it sorts.

Job  ->  -D ... -files job.py ...  -mapper 'python3 job.py map' -combiner ... -reducer ... -partitioner ...
"""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping, Sequence
from typing import TYPE_CHECKING, NoReturn

from streamtools.api.task_context import PACKAGE
from streamtools.errors import UnavailableError, UsageError
from streamtools.java.class_names import KEY_FIELD_COMPARATOR, KEY_FIELD_PARTITIONER
from streamtools.java.words import quote

if TYPE_CHECKING:
    from streamtools.api.definition import Definition
    from streamtools.api.types import Shape

REDUCES = "mapreduce.job.reduces"


def command_line(job: Definition, words: Sequence[str] = (), *, ships_itself: bool = True) -> list[str]:
    """Return the options of st-run for a job. words: more of them, and values of the job's own options.

    Of an option that is given twice, one in `words` counts. ships_itself: its commands need its file. Raises UsageError
    for invalid options.
    """
    rest = job.options.take(words)
    job.options.check()
    shipped, rest = _take_files(rest)
    own = [job.setting.source] if ships_itself and job.setting.source else []
    files = [*own, *job.files, *shipped]
    options = [f"{name}={as_text(value)}" for name, value in {**properties(job), **job.setting.conf}.items()]
    generic = [word for option in options for word in ("-D", option)]
    if files:
        generic += ["-files", ",".join(dict.fromkeys(files))]
    return [*generic, *rest, *_stages(job)]


def properties(job: Definition) -> dict[str, str]:
    """Return the properties with which Hadoop partitions, sorts and groups as the types of the job say."""
    key, group = job.types.key, job.types.group
    found = {REDUCES: str(job.setting.reduces if job.reducer else 0)}
    if len(key.fields) > 1:
        found["stream.num.map.output.key.fields"] = str(len(key.fields))
        if job.combiner and job.reducer:
            _check_output(job)
            found["stream.num.reduce.output.key.fields"] = str(len(key.fields))  # Hadoop splits combiners' output so
    if specs := sort_specs(key):
        found["mapreduce.job.output.key.comparator.class"] = KEY_FIELD_COMPARATOR
        found["mapreduce.partition.keycomparator.options"] = specs
    if group < len(key.fields):
        found["mapreduce.partition.keypartitioner.options"] = f"-k1,{group}"
    return found


def sort_specs(key: Shape) -> str:
    """Return the -k options that sort keys by value, "" if their bytes sort so already."""
    if not key.has_numbers:
        return ""
    kinds = ["n" if field.name in ("int", "float") else "" for field in key.fields]
    return " ".join(f"-k{number},{number}{kind}" for number, kind in enumerate(kinds, 1))


def stage_command(job: Definition, role: str) -> str:
    """Return the command of a stage, as it runs in a task's directory."""
    return " ".join(map(quote, [sys.executable, job.name, *filter(None, [job.step]), role, *job.options.texts()]))


def let_commands_import(environment: MutableMapping[str, str]) -> None:
    """Let commands find this package, where it is not installed, as in a checkout."""
    root = os.path.dirname(PACKAGE)
    path = environment.get("PYTHONPATH", "")
    if os.path.basename(root) not in ("site-packages", "dist-packages") and root not in path.split(os.pathsep):
        environment["PYTHONPATH"] = f"{root}{os.pathsep}{path}".rstrip(os.pathsep)


def become_st_run(source: str, words: Sequence[str]) -> NoReturn:
    """Replace this process by st-run, which runs the job of a file. Raises UnavailableError if there is no st-run."""
    root = os.path.dirname(PACKAGE)
    if os.path.isfile(root):  # streamtools.pyz
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, root, "st-run", "--job", source, *words])
    places = [os.path.join(root, "bin"), os.path.dirname(sys.executable)]
    places += os.environ.get("PATH", "").split(os.pathsep)
    found = [path for path in (os.path.join(place, "st-run") for place in places) if os.path.isfile(path)]
    if not found:
        raise UnavailableError("st-run", "not found", "pip install streamtools")
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, found[0], "--job", source, *words])


def _check_output(job: Definition) -> None:
    """Raise UsageError if the reducer writes fewer fields than the combiner, as Hadoop would add a TAB to its lines."""
    needed = len(job.types.key.fields) + 1
    written = sum(len(shape.fields) for shape in job.types.out)
    if job.reducer and job.reducer.takes != "blocks" and written < needed:
        problem = f"with a combiner, a key of {needed - 1} fields needs an output of {needed} or more, not {written}"
        raise UsageError(f"{job.name}: job.combine", problem, "leave the combiner out, or add fields with Job(out=...)")


def _stages(job: Definition) -> list[str]:
    if not job.mappers:
        raise UsageError(job.name, "the job has no mapper", "mark a function with @job.map")
    options = ["-mapper", stage_command(job, "map")]
    if job.combiner and job.reducer:
        options += ["-combiner", stage_command(job, "combine")]
    if job.reducer:
        options += ["-reducer", stage_command(job, "reduce")]
    if job.types.group < len(job.types.key.fields):
        options += ["-partitioner", KEY_FIELD_PARTITIONER]
    return options


def _take_files(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the paths after -files, of which Hadoop takes the first list only, and the other words."""
    files: list[str] = []
    rest = []
    waiting = iter(words)
    for word in waiting:
        name, equals, value = word.partition("=")
        if name in ("-files", "--files"):
            files += (value if equals else next(waiting, "")).split(",")
        else:
            rest.append(word)
    return files, rest


def as_text(value: object) -> str:
    """Return the value of a property as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)
