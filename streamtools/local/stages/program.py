"""Command lines as Hadoop reads them: its own splitting into words, its own search for the program."""

import os
import re
import stat
from typing import NamedTuple

from streamtools.errors import StreamtoolsError
from streamtools.java.words import split_command
from streamtools.job.classes import JAVA_NAME
from streamtools.scripts.commands import MARK, TOOLS, find_like, first_bytes, is_binary, python_for

CHANGED_MODE = ("was not executable; it is now, as Hadoop makes it", "")
LIKE_PYTHON = re.compile(rb"^(?:import \w|from [\w.]+ import |def \w+\(.*:|for \w+ in .*:)", re.MULTILINE)


class NotRunnable(StreamtoolsError):
    """A command that cannot be started. It fails the task, as it does on a cluster."""


class Program(NamedTuple):
    """A command to execute.

    words: those of the command line. path: the file that the first one names; None if there is none.
    interpreter: words that run it, where it cannot run by itself. remark: what is odd about it, and was mended if it
    can be; empty if nothing is.
    """

    words: list[str]
    path: str | None
    interpreter: tuple[str, ...] = ()
    remark: tuple[str, str] = ("", "")


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
    changed = _make_executable(name)
    for folder in (os.getcwd(), *search.split(os.pathsep)):
        path = os.path.join(folder, name)
        if os.path.isfile(path) and os.access(path, os.R_OK):
            return Program(words, path, remark=CHANGED_MODE if changed else ("", ""))
    return Program(words, None)


def _make_executable(name: str) -> bool:
    """Set the execute permission of a file that lacks it; return whether that was done."""
    try:
        mode = os.stat(name).st_mode
        if stat.S_ISREG(mode) and mode & 0o111 != 0o111:
            os.chmod(name, stat.S_IMODE(mode) | 0o111)
            return not mode & 0o111
    except OSError:
        pass  # not there, or not ours
    return False


def check(role: str, text: str, search: str) -> Program:
    """Return the program of a command line. Raises NotRunnable with the reason if it cannot be started."""
    program = find_program(text, search)
    if not program.words:
        raise NotRunnable(f"-{role}", "the command is empty", "give a command")
    name = program.words[0]
    if program.path is None:
        problem = f'Cannot run program "{name}": error=2, No such file or directory'
        hint = f"ship it with -files {name}" if os.sep not in name else "check the path"
        if name not in TOOLS and (meant := find_like(name, TOOLS)):
            raise NotRunnable(f"-{role}", problem, f"did you mean {meant}?")
        if "|" in program.words:
            hint = "a pipe needs a shell: bash -c '...'"
        if JAVA_NAME.fullmatch(name):
            hint = "run the job with --on hadoop: as a Java class it has no stand-in here"
        raise NotRunnable(f"-{role}", problem, f"check the name, or {hint}" if os.sep not in name else hint)
    return _mend(role, program, program.path, search)


class Fault(NamedTuple):
    """Why a file cannot be executed as it is. is_fatal: nothing else runs it, as a shell runs what has no `#!`."""

    problem: str
    remedy: str
    is_fatal: bool = True


def _mend(role: str, program: Program, path: str, search: str) -> Program:
    """Return a program that can be started, by an interpreter if need be, as jobs on a cluster are.

    Raises NotRunnable if nothing can run it.
    """
    fault = _find_fault(path)
    if fault is None:
        return program
    interpreter = _find_interpreter(path, search)
    if interpreter:
        runs = f"{fault.problem}; {os.path.basename(interpreter[0])} runs it"
        return program._replace(interpreter=interpreter, remark=(runs, fault.remedy))
    if fault.is_fatal:
        raise NotRunnable(f"-{role}", f"{path}: {fault.problem}", fault.remedy)
    return program._replace(remark=(f"{fault.problem}, so a shell runs it", fault.remedy))


def _find_fault(path: str) -> Fault | None:
    first = first_bytes(path)
    if not os.access(path, os.X_OK):
        return Fault("error=13, Permission denied", f"chmod +x {path}")
    if first.startswith(MARK):
        return Fault("begins with a byte order mark", "save it as UTF-8 without", is_fatal=False)
    if not first.startswith(b"#!"):
        if is_binary(first) or not first:
            return None
        return Fault("has no #! line", f"put {first_line_for(path)} first", is_fatal=False)
    if first.endswith(b"\r\n"):
        return Fault("its first line ends in CR LF", f"sed -i 's/\\r$//' {path}")
    words = first[2:].split()
    interpreter = os.fsdecode(words[0]) if words else ""
    if not os.path.exists(interpreter):
        return Fault(f"missing interpreter {interpreter!r}", "correct its first line")
    return None


def _find_interpreter(path: str, search: str) -> tuple[str, ...]:
    """Return the words that run a file which cannot be executed; none if its name and first line tell none."""
    if words := python_for(path):
        found = (os.path.join(folder, words[0]) for folder in search.split(os.pathsep))
        python = next((each for each in found if os.access(each, os.X_OK)), "")
        return (python, *words[1:]) if python else ()
    first = first_bytes(path)
    words = os.fsdecode(first[2:].strip()).split() if first.startswith(b"#!") else []
    return tuple(words) if words and not first.endswith(b"\r\n") and os.access(words[0], os.X_OK) else ()


def first_line_for(path: str) -> str:
    """Return the `#!` line that a script without one should begin with."""
    with open(path, "rb") as file:
        is_python = path.endswith(".py") or LIKE_PYTHON.search(file.read(1 << 12))
    return "#!/usr/bin/env python3" if is_python else "#!/bin/sh"
