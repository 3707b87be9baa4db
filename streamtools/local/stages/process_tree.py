"""What a process and all that it has started take, read from /proc. Where there is no /proc, nothing is known."""

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from streamtools.local.stages.descendants import read_stat

PAGE = os.sysconf("SC_PAGE_SIZE")


class ProcessState(NamedTuple):
    """A process. memory: resident bytes. moved: bytes that it has read and written. cpu: clock ticks it has used."""

    process: int
    memory: int
    moved: int
    cpu: int


def read_tree(root: int) -> list[ProcessState]:
    """Return the state of a process, and of all that descends from it; empty if there is none or it is not known.

    Costs about 0.1 ms for each process.
    """
    return [state for process in _descend(root) if (state := _read(process))]


def _descend(process: int) -> Iterator[int]:
    yield process
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{thread}/children", "rb") as file:
                for child in file.read().split():
                    yield from _descend(int(child))


def _read(process: int) -> ProcessState | None:
    with suppress(OSError, ValueError, IndexError):
        with open(f"/proc/{process}/statm", "rb") as file:
            memory = int(file.read().split()[1]) * PAGE
        fields = read_stat(process)
        return ProcessState(process, memory, _read_moved(process), int(fields[11]) + int(fields[12]))
    return None


def _read_moved(process: int) -> int:
    with suppress(OSError, ValueError, IndexError), open(f"/proc/{process}/io", "rb") as file:
        lines = file.read().split(b"\n")
        return sum(int(line.split()[1]) for line in lines[:2])  # rchar and wchar
    return 0
