"""What a command has started and left behind when it ended: found by the pipes that it holds, and ended when idle.

Where there is no /proc nothing is found, and all of it counts as idle.
"""

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress

from streamtools.local.stages.descendants import end_children, find_descendants, read_stat

TICK = 0.1  # seconds between two looks
PATIENCE = 1.0  # seconds for which what a command has left behind may do nothing at all
SHOWN = 80  # characters of a command line


class Holders:
    """The processes that can write to some pipes which we read. pipes: their descriptors."""

    def __init__(self, pipes: Iterable[int]) -> None:
        self.pipes = {f"pipe:[{os.fstat(pipe).st_ino}]" for pipe in pipes}
        self.used: dict[int, bytes] = {}

    def are_at_work(self) -> bool:
        """Return whether they, or others that work for them, have done something since the last call.

        Those that work for them are what they have started, and what we have: of `sort big 2>log | cat &` only cat
        holds our pipe.
        """
        before, self.used = self.used, {}
        is_running, found = False, self.find()
        for process in {*found, *find_descendants(os.getpid(), *found)}:
            with suppress(OSError, ValueError):
                fields = read_stat(process)
                is_running |= fields[0] in (b"R", b"D")
                self.used[process] = b" ".join(fields[11:13])  # clock ticks, in itself and in the system
        return is_running or any(before.get(process) != used for process, used in self.used.items())

    def kill(self) -> list[str]:
        """Kill them; return their command lines."""
        names = []
        for process in self.find():
            names.append(_command_of(process))
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        return names

    def find(self) -> list[int]:
        """Return the processes, in whatever session they are."""
        found = []
        with suppress(FileNotFoundError):
            found = [int(name) for name in os.listdir("/proc") if name.isdigit() and self._is_held_by(name)]
        return sorted(found)

    def _is_held_by(self, process: str) -> bool:
        with suppress(OSError):  # it has ended, or is another user's
            for descriptor in os.listdir(f"/proc/{process}/fd"):
                with suppress(OSError):
                    if os.readlink(f"/proc/{process}/fd/{descriptor}") in self.pipes and _writes(process, descriptor):
                        return True
        return False


def end_idle_children() -> None:
    """Wait for all that this process has started and adopted as long as it works, then end it."""
    holders, busy = Holders(()), time.monotonic()
    while find_descendants(os.getpid()) and time.monotonic() - busy < PATIENCE:
        if holders.are_at_work():
            busy = time.monotonic()
        time.sleep(TICK)
    end_children()


def _writes(process: str, descriptor: str) -> bool:
    """Return whether an open file of a process can be written to; our own end of a pipe cannot."""
    with open(f"/proc/{process}/fdinfo/{descriptor}", "rb") as file:
        flags = next(line for line in file if line.startswith(b"flags:"))
    return int(flags.split()[1], 8) & os.O_ACCMODE != os.O_RDONLY


def _command_of(process: int) -> str:
    with suppress(OSError), open(f"/proc/{process}/cmdline", "rb") as file:
        return os.fsdecode(file.read().replace(b"\0", b" ").strip())[:SHOWN]
    return str(process)
