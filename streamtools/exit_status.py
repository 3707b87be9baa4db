"""The exit statuses of commands, in words."""

import signal

MEANINGS = {
    2: "wrong arguments, or a syntax error in a shell script",
    64: "wrong usage",
    65: "bad data",
    66: "missing input",
    69: "a program or library is missing",
    73: "an output cannot be created",
    74: "a read or write error",
    126: "a program cannot be executed: no execute permission, or built for another machine",
    127: "a command was not found",
    134: "it aborted (SIGABRT)",
    137: "killed (SIGKILL), most often for lack of memory",
    139: "it crashed (SIGSEGV): a bug in the program or in a library that it uses",
    141: "it wrote to a pipe that nobody reads (SIGPIPE)",
    143: "terminated (SIGTERM)",
}


def describe(status: int) -> str:
    """Return what an exit status means, or "" if only the command itself can tell. 128 + n stands for signal n."""
    if status in MEANINGS:
        return MEANINGS[status]
    try:
        return f"killed by {signal.Signals(status - 128).name}"
    except ValueError:
        return ""
