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
    """What to execute: words, and the file that the first one was found to be (None: nowhere)."""

    words: list[str]
    path: str | None


def find_program(text: str, search: str) -> Program:
    """The program of a command line: a name without leading `/` is sought in the working directory, then in `search`.

    It has to be readable, and in the working directory it is made executable; a bit that says so is not asked for.
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
    """The program of a command line, or NotRunnable with the reason why it cannot be started."""
    program = find_program(text, search)
    if not program.words:
        raise NotRunnable(f"-{role}", "the command is empty", "give a command")
    name = program.words[0]
    if program.path is None:
        told = f'Cannot run program "{name}": error=2, No such file or directory'
        hint = f"ship it with -files {name}" if os.sep not in name else "check the path"
        if "|" in program.words:
            hint = "a pipe needs a shell: bash -c '...'"
        if JAVA_NAME.fullmatch(name):
            hint = "as a Java class it has no stand-in here: run the job with --on hadoop"
        raise NotRunnable(f"-{role}", told, f"check the name, or {hint}" if os.sep not in name else hint)
    _check_interpreter(role, program.path)
    if not os.access(program.path, os.X_OK):
        raise NotRunnable(f"-{role}", f"{program.path}: error=13, Permission denied", f"chmod +x {program.path}")
    return program


def first_line(path: str) -> str:
    """The first line of a file as far as the kernel would look at it."""
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
        raise NotRunnable(f"-{role}", f"{path}: its interpreter {interpreter!r} is not there", "mend its first line")
