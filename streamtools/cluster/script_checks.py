"""Checks of a job's commands and scripts before it goes to a cluster."""

import os
import re
import shutil
from collections.abc import Iterable, Iterator

from streamtools.cluster.shipment.needs import Needs
from streamtools.cluster.shipment.node_commands import BUNDLE, Command, local_file
from streamtools.errors import DataError, NoInputError, UnavailableError, UsageError
from streamtools.java.words import find_words
from streamtools.job import Job

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
