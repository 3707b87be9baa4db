"""Command lines as Hadoop reads them: its own splitting into words, its own search for the program."""

import os
import stat
from typing import NamedTuple

from streamtools.errors import StreamtoolsError
from streamtools.java.words import split_command
from streamtools.job.classes import JAVA_NAME


class NotRunnable(StreamtoolsError):
    """A command that cannot be started. It fails the task, as it does on a cluster."""


class Program(NamedTuple):
    """A command to execute: its words, and the file that the first one names; None if there is none."""

    words: list[str]
    path: str | None


def find_program(text: str, search: str) -> Program:
    """Find the program of a command line.

    A name without leading `/` is looked up in the working directory, then in the directories of `search`. The file has
    to be readable; in the working directory it is made executable.
    """
    words = split_command(text)
    if not words:
        return Program([], None)
    name = words[0]
    if os.path.isabs(name):
        return Program(words, name if os.path.isfile(name) else None)
    _make_executable(name)
    for folder in (os.getcwd(), *search.split(os.pathsep)):
        path = os.path.join(folder, name)
        if os.path.isfile(path) and os.access(path, os.R_OK):
            return Program(words, path)
    return Program(words, None)


def _make_executable(name: str) -> None:
    try:
        mode = os.stat(name).st_mode
        if stat.S_ISREG(mode) and mode & 0o111 != 0o111:
            os.chmod(name, stat.S_IMODE(mode) | 0o111)
    except OSError:
        pass  # not there, or not ours


def check(role: str, text: str, search: str) -> Program:
    """Return the program of a command line. Raises NotRunnable with the reason if it cannot be started."""
    program = find_program(text, search)
    if not program.words:
        raise NotRunnable(f"-{role}", "the command is empty", "give a command")
    name = program.words[0]
    if program.path is None:
        problem = f'Cannot run program "{name}": error=2, No such file or directory'
        hint = f"ship it with -files {name}" if os.sep not in name else "check the path"
        if "|" in program.words:
            hint = "a pipe needs a shell: bash -c '...'"
        if JAVA_NAME.fullmatch(name):
            hint = "run the job with --on hadoop: as a Java class it has no stand-in here"
        raise NotRunnable(f"-{role}", problem, f"check the name, or {hint}" if os.sep not in name else hint)
    _check_interpreter(role, program.path)
    if not os.access(program.path, os.X_OK):
        raise NotRunnable(f"-{role}", f"{program.path}: error=13, Permission denied", f"chmod +x {program.path}")
    return program


def first_line(path: str) -> str:
    """Return the first line of a file, as far as the kernel reads it."""
    with open(path, "rb") as file:
        return os.fsdecode(file.read(256).partition(b"\n")[0])


def _check_interpreter(role: str, path: str) -> None:
    first = first_line(path)
    if not first.startswith("#!"):
        return
    if first.endswith("\r"):
        raise NotRunnable(f"-{role}", f"{path}: its first line ends in CR LF", f"sed -i 's/\\r$//' {path}")
    words = first[2:].split()
    interpreter = words[0] if words else ""
    if not os.path.exists(interpreter):
        raise NotRunnable(f"-{role}", f"{path}: missing interpreter {interpreter!r}", "correct its first line")
