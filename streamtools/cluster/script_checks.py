"""Checks of a job's commands and scripts before it goes to a cluster."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator

from streamtools.cluster.shipment.needs import Needs
from streamtools.cluster.shipment.node_commands import BUNDLE, Command, local_file
from streamtools.errors import (
    DataError,
    NamelessInput,
    NoInputError,
    StreamtoolsError,
    UnavailableError,
    UsageError,
)
from streamtools.java.words import find_words, split_command
from streamtools.job import Job
from streamtools.scripts.commands import TOOLS, find_in_words, find_like
from streamtools.scripts.finding import Finding

Parse = Callable[[str, list[str]], object]  # a tool and its words; raises StreamtoolsError as the tool does
NEEDS_310 = ("st-cat", "st-sort")
SHELL = re.compile(r"[\s|&;()<>'\"`=]+")  # separates words in a shell command


def check_scripts(job: Job, needs: Needs, libraries: Iterable[str] = ()) -> None:
    """Raise an error with a remedy for what would certainly fail on the nodes.

    libraries: names of the modules in --python-env. (Syntax errors are found earlier, when imports are searched.)
    """
    for role, command in needs.commands.items():
        if command.tool in NEEDS_310 and needs.nodes.version < (3, 10):
            raise _too_old(f"-{role} {command.tool}")
        _check_files(job, role, command)
    if needs.nodes.manifest and needs.nodes.version < (3, 10):
        raise _too_old("--manifest")
    for module, place in needs.modules.foreign.items():
        if module not in libraries and module not in needs.nodes.have:
            remedy = f"put it into --python-env, or give --node-has {module} if it is installed there"
            raise UnavailableError(place, f"imports {module}, which Python on the nodes does not have", remedy)


def check_tools(job: Job, needs: Needs, parse: Parse) -> None:
    """Raise UsageError for names and options that our own tools do not know, with the role. parse: as for a task."""
    for role, command in needs.commands.items():
        if command.tool:
            try:
                parse(command.tool, split_command(_text_of(job, role))[1:])
            except NamelessInput:
                pass
            except StreamtoolsError as error:
                raise UsageError(f"-{role} {error.place}", error.problem, error.remedy) from None


def find_odd(job: Job, needs: Needs) -> Iterator[Finding]:
    """Yield what is odd in commands and in the modules that are shipped, and is no reason to refuse the job."""
    for role, command in needs.commands.items():
        text = _text_of(job, role)
        yield from find_in_words(f"-{role}", text)
        name = command.program
        if name and not shutil.which(name) and (meant := find_like(name, TOOLS)):
            yield Finding(f"-{role} {name}", "is no program here", f"did you mean {meant}?")
    for name, path in needs.modules.files.items():
        module = name.removesuffix(".py")
        if module in sys.stdlib_module_names:
            yield Finding(path, f"hides Python's own module {module} in the task", f"rename {os.path.basename(path)}")


def _text_of(job: Job, role: str) -> str:
    stage = {"mapper": job.mapper, "combiner": job.combiner, "reducer": job.reducer}[role]
    return stage.text if stage and stage.is_command else ""


def find_unshipped(job: Job, needs: Needs) -> Iterator[str]:
    """Yield a warning for each local file that a command or script names and that is not shipped."""
    in_task = {item.link for item in job.shipped} | {os.path.basename(path) for path in (*job.packed, *needs.files)}
    in_task |= needs.folders.keys() | {BUNDLE}
    named = {name: f"-{role}" for role, command in needs.commands.items() for name in _names_in(command.text)}
    for name, place in {**needs.modules.opened, **named}.items():
        plain = name.removeprefix("./")
        if local_file(name, {}) and plain.partition("/")[0] not in in_task:
            top = os.path.dirname(plain).partition("/")[0] or plain
            yield f"{place}: {name} exists here and is not shipped; if tasks read it, add --file {top}"


def _names_in(command: str) -> Iterator[str]:
    """Yield the words of a command that may be names of files, also those inside `bash -c '...'`."""
    for word in find_words(command)[1:]:
        yield from dict.fromkeys((word.text, *SHELL.split(word.text)))


def _check_files(job: Job, role: str, command: Command) -> None:
    """Check that the files a command runs exist, and that a script has Unix line ends."""
    program = command.program.partition(" ")[0]
    if _must_be_shipped(program) and not _is_in_archive(job, program):
        raise NoInputError(f"-{role} {program}", "not found", "name a file on this machine; it is shipped")
    script = command.missing
    if script and not os.path.isabs(script) and not _is_in_archive(job, script):
        raise NoInputError(f"-{role} {script}", "not found", "name a script on this machine; it is shipped")
    if command.script and not command.is_python:
        _check_line_ends(command.script)


def _must_be_shipped(program: str) -> bool:
    """Return whether nodes have a program only if it is shipped: a relative path, or a script that is not on PATH."""
    return not program.startswith("/") and ("/" in program or (program.endswith(".py") and not shutil.which(program)))


def _is_in_archive(job: Job, path: str) -> bool:
    return any(item.link == path.removeprefix("./").partition("/")[0] for item in job.shipped)


def _too_old(place: str) -> UsageError:
    return UsageError(place, "needs Python 3.10 on the nodes", "if they have it, add --node-python 3.11")


def _check_line_ends(script: str) -> None:
    with open(script, "rb") as file:
        if file.read(1 << 16).partition(b"\n")[0].endswith(b"\r"):
            problem = "lines end in CR LF, and a shell takes the CR for a part of the last word"
            raise DataError(script, problem, f"sed -i 's/\\r$//' {script}")
