"""How far a job is: what its tasks have been given so far, gathered from the processes that run them."""

import mmap
import struct
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

INTERVAL = 0.2  # seconds between two reports, at least
TOLD = struct.Struct("QQQ")  # of a task: bytes read of its input, records and bytes given to its command
PAIR, NUMBER = struct.Struct("QQ"), struct.Struct("Q")


class Phase(NamedTuple):
    """The progress of the map tasks of a job, or of its reduce tasks.

    done, total: tasks. given, size: bytes of input. records: estimated. seconds: since the first of the tasks began.
    """

    done: int = 0
    total: int = 0
    given: int = 0
    size: int = 0
    records: int = 0
    seconds: float = 0.0

    @property
    def fraction(self) -> float:
        """Fraction of the work done, by bytes if the size is known, else by tasks."""
        if self.done == self.total:
            return float(self.total > 0)
        return self.given / self.size if self.size else self.done / self.total


class JobProgress(NamedTuple):
    """The progress of a job. running: tasks at the moment. memory: bytes of all their processes, 0 if not known."""

    maps: Phase
    reduces: Phase
    running: int = 0
    memory: int = 0


class Watch:
    """Reports the progress of a job to `report` now and then; running tasks tell theirs through shared memory."""

    def __init__(self, report: Callable[[JobProgress], None]) -> None:
        self.report = report
        self.reported = time.monotonic()
        self.progress = JobProgress(Phase(), Phase())
        self.done: set[int] = set()
        self.sizes: Sequence[int] = ()
        self.decoded: Sequence[int] = ()
        self.shared: mmap.mmap | None = None
        self.is_map = True

    def begin(self, is_map: bool, sizes: Sequence[int], reduces: int, decoded: Sequence[int] = ()) -> None:
        """Watch the map tasks, or the reduce tasks, whose inputs have these sizes in bytes.

        decoded: of each input that is decoded ahead of its task, the bytes that it holds, 0 for others. Decoding is
        taken for one half of the work on it.
        """
        self.is_map, self.sizes, self.done = is_map, sizes, set()
        self.decoded = decoded or [0] * len(sizes)
        self.shared = mmap.mmap(-1, TOLD.size * max(len(sizes), 1))
        self.began = time.monotonic()
        if is_map:
            self.progress = JobProgress(Phase(), Phase(total=reduces))
        self._report()

    def meter(self, number: int, has_packed_input: bool = False) -> Callable[[int, int], None]:
        """Return a function by which the process of a task tells the bytes and records that its command was given.

        has_packed_input: the bytes are told as they are read, by `reading_meter` or `tell_given`.
        """
        shared, position = self.shared, TOLD.size * number
        assert shared

        def tell(size: int, records: int) -> None:
            TOLD.pack_into(shared, position, size, records, size)

        def tell_records(size: int, records: int) -> None:
            PAIR.pack_into(shared, position + NUMBER.size, records, size)

        return tell_records if has_packed_input else tell

    def reading_meter(self, number: int) -> Callable[[int], None]:
        """Return a function by which the process of a task tells each number of bytes that it has read."""
        total = 0

        def tell(size: int) -> None:
            nonlocal total
            total += size
            self.tell_given(number, total)

        return tell

    def tell_given(self, number: int, size: int) -> None:
        """Tell the bytes that a task has been given; called in the process that decodes them."""
        assert self.shared
        NUMBER.pack_into(self.shared, TOLD.size * number, size)

    def told(self, number: int) -> tuple[int, int, int]:
        """Return the bytes that a task has read so far, the records and the bytes that its command was given."""
        assert self.shared
        read, records, decoded = TOLD.unpack_from(self.shared, TOLD.size * number)
        return min(read, self.sizes[number]), records, decoded

    def end(self, number: int) -> None:
        """Note that a task has succeeded."""
        self.done.add(number)
        if len(self.done) == len(self.sizes):
            self._report()

    def tick(self, running: int = 0, memory: int = 0) -> None:
        """Report, if it is time to. running: tasks at the moment; memory: bytes of all their processes."""
        self.progress = self.progress._replace(running=running, memory=memory)
        if time.monotonic() - self.reported >= INTERVAL:
            self._report()

    def _report(self) -> None:
        phase = self._phase()
        self.progress = self.progress._replace(maps=phase) if self.is_map else self.progress._replace(reduces=phase)
        self.report(self.progress)
        self.reported = time.monotonic()

    def _phase(self) -> Phase:
        assert self.shared
        given = records = 0
        told = TOLD.iter_unpack(self.shared[: TOLD.size * len(self.sizes)])
        for number, ((task_given, task_records, mapped), size) in enumerate(zip(told, self.sizes, strict=True)):
            records += task_records
            if number in self.done:
                given += size
            elif whole := self.decoded[number]:
                given += (min(task_given, size) + size * min(mapped, whole) // whole) // 2
            else:
                given += min(task_given, size)
        seconds = time.monotonic() - self.began
        return Phase(len(self.done), len(self.sizes), given, sum(self.sizes), records, seconds)
