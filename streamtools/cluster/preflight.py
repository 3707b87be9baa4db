"""What is looked at before a job is handed over: the scripts, and the paths on the cluster's file system."""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from streamtools.cluster import packing, shipping
from streamtools.cluster.commands import BUNDLE, local_file, words
from streamtools.cluster.hadoop import file_system
from streamtools.cluster.shipping import Needs
from streamtools.errors import DataError, NoInputError, UnavailableError, UsageError
from streamtools.job import Job, Refused, launch_refused

NEEDS_310 = ("st-cat", "st-sort")
MISSING = re.compile(r"^\w+: `?(.*?)'?: No such file or directory", re.MULTILINE)
COMMAS = re.compile(r",(?![^{]*\})")  # those outside braces part paths
HERE = (".7z", ".xz")  # what Hadoop has no codec for
VOLUME = re.compile(r"\.7z\.\d{3,}$", re.IGNORECASE)
SHELL = re.compile(r"[\s|&;()<>'\"`=]+")  # what parts words in a command of a shell


class Entry(NamedTuple):
    """A file on the cluster's file system: its path as listed, its size in bytes."""

    path: str
    size: int


def check_scripts(job: Job, needs: Needs, libraries: Iterable[str] = ()) -> None:
    """Raise an error with the remedy for what would fail on the nodes for sure.

    libraries: names of the modules in --python-env. (That sources can be read is seen when they are searched.)
    """
    for role, command in needs.commands.items():
        if command.tool in NEEDS_310 and needs.nodes.version < (3, 10):
            raise _too_old(f"-{role} {command.tool}")
        first = command.program.partition(" ")[0]
        if _is_of_here(first) and not _is_shipped_in_archive(job, first):
            raise NoInputError(f"-{role} {first}", "is not there", "name a file here; what it names is shipped")
        script = command.missing
        if script and not os.path.isabs(script) and not _is_shipped_in_archive(job, script):
            raise NoInputError(f"-{role} {script}", "is not there", "name a script that is here; it is shipped")
        if command.script and not command.is_python:
            _check_line_ends(command.script)
    if needs.nodes.manifest and needs.nodes.version < (3, 10):
        raise _too_old("--manifest")
    for module, where in needs.modules.foreign.items():
        if module not in libraries and module not in needs.nodes.have:
            remedy = f"put it into --python-env, or say --node-has {module} if it is installed there"
            raise UnavailableError(where, f"imports {module}, which Python does not bring to the nodes", remedy)


def left_behind(job: Job, needs: Needs) -> Iterator[str]:
    """Files of this machine that a command or script names and that are not shipped, a line each: a doubt, no error."""
    there = {item.link for item in job.shipped} | {os.path.basename(path) for path in (*job.packed, *needs.files)}
    there |= needs.folders.keys() | {BUNDLE}
    named = {name: f"-{role}" for role, command in needs.commands.items() for name in _named(command.text)}
    for name, place in {**needs.modules.opened, **named}.items():
        plain = name.removeprefix("./")
        if local_file(name, {}) and plain.partition("/")[0] not in there:
            given = os.path.dirname(plain).partition("/")[0] or plain
            yield f"{place}: {name} is a file here, and is not shipped; if tasks read it, add --file {given}"


def _named(command: str) -> Iterator[str]:
    """What may be names in a command behind its program, those within `bash -c '...'` too."""
    for word in words(command)[1:]:
        yield from dict.fromkeys((word.text, *SHELL.split(word.text)))


def _is_of_here(program: str) -> bool:
    """Whether nodes have a program only if it is shipped: one by a relative path, or a script that is not installed."""
    import shutil

    return not program.startswith("/") and ("/" in program or (program.endswith(".py") and not shutil.which(program)))


def _too_old(place: str) -> UsageError:
    return UsageError(place, "needs Python 3.10 on the nodes", "if they have it, say so: --node-python 3.11")


def _is_shipped_in_archive(job: Job, path: str) -> bool:
    return any(item.link == path.removeprefix("./").partition("/")[0] for item in job.shipped)


def _check_line_ends(script: str) -> None:
    with open(script, "rb") as file:
        if file.read(1 << 16).partition(b"\n")[0].endswith(b"\r"):
            raise DataError(script, "its lines end in CR LF, which a shell takes for a part of each word",
                            f"sed -i 's/\\r$//' {script}")  # fmt: skip


def check_paths(job: Job, hadoop: str) -> None:
    """Raise Refused, with the job client's exit status, when an input is not there or the output is."""
    inputs = paths_of(job)
    _check_volumes(inputs)
    packed = [path for path in inputs if path.endswith(HERE)]
    if packed:
        remedy = "add --manifest, and each map task decodes its own; or regroup them with st-pack first"
        raise launch_refused(f"Hadoop cannot read {packed[0]}", remedy)
    missing = _missing(job, hadoop, ["-ls", "-d", *inputs, job.output])
    for path in inputs:
        if path in missing:
            raise _no_input(path)
    if job.output not in missing:
        raise _output_exists(job.output)


def listing(job: Job, hadoop: str) -> list[Entry]:
    """The files that are a job's inputs, those of directories too; raises Refused as `check_paths`."""
    inputs = paths_of(job)
    done = _fs(job, hadoop, ["-ls", *inputs])
    told = _not_found(done)
    for path in inputs:
        if path in told:
            raise _no_input(path)
    if job.output not in _missing(job, hadoop, ["-ls", "-d", job.output]):
        raise _output_exists(job.output)
    entries = entries_of(done.stdout)
    _check_volumes(entry.path for entry in entries)
    if not entries:
        raise launch_refused(f"there is no file in {' '.join(inputs)}", "a manifest names files")
    return entries


def _check_volumes(paths: Iterable[str]) -> None:
    for path in paths:
        if VOLUME.search(path):
            whole = path.rpartition(".")[0]
            remedy = f"put them together: hadoop fs -cat '{whole}.*' | hadoop fs -put - {whole}"
            raise launch_refused(f"{path} is one volume of an archive, and a task reads one file", remedy)


def paths_of(job: Job) -> list[str]:
    """The inputs, each path for itself."""
    return [path for value in job.inputs for path in COMMAS.split(value) if path]


def entries_of(listed: str) -> list[Entry]:
    """The files in what `hadoop fs -ls` prints, without directories and hidden ones."""
    found = []
    for line in listed.splitlines():
        parts = line.split(None, 7)
        if len(parts) == 8 and parts[0].startswith("-") and parts[7].rpartition("/")[2][:1] not in ("_", "."):
            found.append(Entry(parts[7], int(parts[4])))
    return found


def _no_input(path: str) -> Refused:
    return launch_refused(f"Input path does not exist: {path}", "hadoop fs -ls shows what is there, -put puts it")


def _output_exists(path: str) -> Refused:
    problem = f"Output directory {path} already exists"
    return launch_refused(problem, f"name another, or remove it: hadoop fs -rm -r {path}")


def _missing(job: Job, hadoop: str, command: Sequence[str]) -> set[str]:
    return _not_found(_fs(job, hadoop, command))


def _fs(job: Job, hadoop: str, command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            [hadoop, "fs", *file_system(job), *command], capture_output=True, text=True, errors="surrogateescape"
        )
    except OSError:
        raise UnavailableError(hadoop, "cannot be run", "put hadoop on PATH, or say where it is: --hadoop") from None


def _not_found(done: "subprocess.CompletedProcess[str]") -> set[str]:
    """The paths that are said to be missing; raises UnavailableError where the file system does not answer."""
    missing = set(MISSING.findall(done.stderr))
    lines = [line for line in done.stderr.splitlines() if line.strip() and not re.search(r" (INFO|WARN) ", line)]
    if done.returncode and not missing:
        told = lines[-1].strip() if lines else f"hadoop fs ended with status {done.returncode}"
        raise UnavailableError("hadoop fs", told, "is the file system running, and is HADOOP_CONF_DIR right?")
    return missing


def libraries(needs: Needs, folder: str) -> set[str]:
    """The modules that --python-env brings, which are fetched into `folder` for it."""
    return packing.importable(shipping.libraries_of(needs.nodes, folder)) if needs.nodes.environment else set()


def find_program(name: str, search: str | None = None) -> str:
    """The path of a program; raises UnavailableError."""
    import shutil

    if found := shutil.which(name, path=search):
        return found
    where = "say where it is with --hadoop, or set HADOOP_HOME" if os.path.basename(name) == "hadoop" else "install it"
    raise UnavailableError(name, "not found on PATH", f"{where}; without --on the job runs here")
