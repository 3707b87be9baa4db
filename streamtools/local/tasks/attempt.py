"""One attempt at a task: what it knows, what it counts, what it hears from its commands."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from streamtools.job import Job, Stage
from streamtools.local.counters import (
    ERRORS,
    FILE_INPUT,
    FILE_OUTPUT,
    SHUFFLE_ERRORS,
    Counters,
    check_groups,
    counter_of,
    limited,
    too_many,
)
from streamtools.local.input.split import Split
from streamtools.local.recovery.recording import Recorder
from streamtools.local.recovery.state import task_file
from streamtools.local.stages import process
from streamtools.local.stages.program import check, find_program
from streamtools.records import write_all
from streamtools.reporter import Reporter

Chunks = Iterable[bytes]
Range = tuple[int, int]  # of bytes: from the first up to the second
NOWHERE = (1 << 63, 1 << 63)
Meter = Callable[[int, int], None]  # bytes and records
InProcess = Callable[[Chunks], Iterator[bytes]]
Builtin = Callable[[list[str], str, Reporter], InProcess | None]  # words, path of the program, reporter


@dataclass
class Attempt:
    """An attempt at a map task (with its split) or a reduce task.

    folder: where its output grows until it is committed; scratch: for what only this run needs; log: a file that
    keeps what its commands write to stderr.
    """

    job: Job
    number: int
    split: Split | None
    environment: dict[str, str]
    folder: str
    scratch: str
    log: str
    memory: int
    builtin: Builtin
    shuffle: int | None = None  # seed for an order of values within a key that is nobody's
    counters: Counters = field(default_factory=Counters)
    deaf: bool = False  # counters do not count any more
    pins: list[bytes] = field(default_factory=list)  # what keeps memory from being given back and taken again
    is_heard: bool = True  # its stderr is shown and kept
    wipe: bytes = b""  # what clears the line of progress before something else is written to the terminal
    meter: Meter | None = None  # is told how much the mapper or reducer has been given
    without: tuple[Range, ...] = ()  # parts of what the mapper or reducer is given that are left out, in order
    recorder: Recorder | None = None

    @property
    def is_map(self) -> bool:
        return self.split is not None

    @property
    def role(self) -> str:
        """Whose task it is."""
        return "mapper" if self.is_map else "reducer"

    @property
    def task(self) -> str:
        """The name of the task's files."""
        return task_file(self.is_map, self.number)

    @property
    def name(self) -> str:
        """How people are told of the task."""
        return f"{'map' if self.is_map else 'reduce'} task {self.number}"

    def count(self, group: str, name: str, amount: int) -> None:
        """Increment a counter."""
        self.counters[group, name] += amount

    def _check_limit(self) -> None:
        """Raise DataError when there are more counters than a task may have; those that come later count already."""
        limit = self.job.properties.tasks.most_counters
        own = (FILE_INPUT, FILE_OUTPUT)
        later = [(FILE_INPUT, "")] if self.is_map else [(SHUFFLE_ERRORS, name) for name in ERRORS]
        if not (self.is_map and self.job.reduces):
            later.append((FILE_OUTPUT, ""))
        told = [name for name in self.counters if name[0] not in own]
        if (counted := limited(dict.fromkeys([*told, *later], 0))) > limit:
            raise too_many(counted, limit)

    def run(self, role: str, stage: Stage, stdin: Chunks, *, is_text: bool) -> Iterator[bytes]:
        """What a command prints when it is fed `stdin`; one of our own tools is run here, without a process."""
        if role == self.role:
            stdin = left_out(stdin, self.without) if self.without else stdin
            stdin = metered(stdin, self.meter) if self.meter else stdin
        if self.recorder and self.recorder.role == role:
            stdin = self.recorder.taken(stdin)
        program = find_program(stage.text, self.environment.get("PATH", ""))
        if is_text and program.path and (inside := self._inside(program.words, program.path)):
            yield from inside(stdin)
            return
        program = check(role, stage.text, self.environment.get("PATH", ""))
        try:
            yield from process.run(program, self.environment, stdin, self.hear, self.watched(role))
        except process.CommandFailed as error:
            error.role = role
            raise

    def _inside(self, words: list[str], path: str) -> InProcess | None:
        reporter = Reporter(str(self.split or self.name))
        stage = self._stage(words, path, reporter)
        if stage is None:
            return None

        def run(stdin: Chunks) -> Iterator[bytes]:
            yield from stage(stdin)
            self.hear([line.encode() for line in reporter.told_to_hadoop()])

        return run

    def _stage(self, words: list[str], path: str, reporter: Reporter) -> InProcess | None:
        os.environ.update(self.environment)  # this process has no other task
        return self.builtin(words, path, reporter)

    def sums(self, stage: Stage) -> bool:
        """Whether a command is our own one that adds up the values of each key."""
        program = find_program(stage.text, self.environment.get("PATH", "")) if stage.is_command else None
        if not program or not program.path:
            return False
        function = getattr(self._stage(program.words, program.path, Reporter()), "func", None)
        return getattr(function, "__name__", "") == "sum_values"

    def watched(self, role: str) -> process.Settings:
        """How a command of this role is watched."""
        tasks = self.job.properties.tasks
        return process.Settings(
            any_status=tasks.may_exit_nonzero,
            tolerant_from=tasks.records_to_leave_input_unread if role == "mapper" else None,
            timeout=tasks.timeout,
        )

    def hear(self, lines: list[bytes]) -> None:
        """Take lines of a command's stderr: counters and status are ours, the rest is the user's."""
        if not self.is_heard:
            return
        prefix = self.job.properties.tasks.reporter_prefix
        rest = []
        for line in lines:
            if not line.startswith(prefix):
                rest.append(line)
            elif line.startswith(prefix + b"counter:"):
                told = counter_of(line, prefix)
                if told is None:
                    rest.append(b"WARN: Cannot parse counter line: " + line)
                elif not self.deaf:
                    is_new = told[:2] not in self.counters
                    self.count(*told)
                    if is_new:  # commands may count each record
                        self._check_limit()
                        check_groups(self.counters)
            elif not line.startswith(prefix + b"status:"):
                rest.append(b"WARN: Cannot parse reporter line: " + line)
        if rest:
            text = b"\n".join([*rest, b""])
            with open(self.log, "ab", buffering=0) as log:
                log.write(text)
            write_all(self.wipe + text, 2)


def left_out(blocks: Chunks, ranges: Sequence[Range]) -> Iterator[bytes]:
    """The bytes of all blocks but those in the ranges, which are in order and do not overlap."""
    base = 0
    waiting = iter(ranges)
    start, end = next(waiting, NOWHERE)
    for block in blocks:
        position, limit = base, base + len(block)
        while start < limit:
            if position < start:
                yield block[position - base : start - base]
            position = max(position, min(end, limit))
            if end > limit:
                break
            start, end = next(waiting, NOWHERE)
        if position < limit:
            yield block[position - base :] if position > base else block
        base = limit


def metered(blocks: Chunks, meter: Meter) -> Iterator[bytes]:
    """The blocks; `meter` is told the bytes, and the records as far as every sixteenth block lets them be estimated."""
    size = seen = records = 0
    for number, block in enumerate(blocks):
        if number % 16 == 0:
            seen += len(block)
            records += block.count(b"\n")
        size += len(block)
        meter(size, size * records // max(seen, 1))
        yield block
