"""Attempts at single tasks, without an engine around them."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from streamtools.job import Job, build_job, parse
from streamtools.local import Settings
from streamtools.local.input.split import Split
from streamtools.local.shuffle.segments import Checksums, Segment
from streamtools.local.stages.feeds import Feed
from streamtools.local.tasks.attempt import Attempt
from streamtools.local.tasks.maker import AttemptMaker
from streamtools.local.tasks.outcome import Done, Failed
from streamtools.local.tasks.task import Task
from streamtools.local.tasks.workers import Workers


def make_job(*words: str) -> Job:
    """Build a job from streaming options, with `in` and `out` as its input and output."""
    generic = [word for pair in zip(words[::2], words[1::2], strict=True) if pair[0] == "-D" for word in pair]
    others = [word for pair in zip(words[::2], words[1::2], strict=True) if pair[0] != "-D" for word in pair]
    return build_job(parse([*generic, "-input", "in", "-output", "out", *others]))


def map_task(path: Path, number: int = 0) -> Task:
    """Make the map task that reads a whole file."""
    return Task(is_map=True, number=number, fingerprint="", split=Split(str(path), 0, path.stat().st_size))


def reduce_task(segments: Sequence[Segment], number: int = 0) -> Task:
    """Make the reduce task that reads these segments."""
    return Task(is_map=False, number=number, fingerprint="", segments=segments)


def make_maker(job: Job, folder: Path, maps: int = 1) -> AttemptMaker:
    """Make a maker of attempts whose scratch and output lie in `folder`."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)

    def make_output(attempt: str) -> str:
        path = folder / "output" / attempt
        path.mkdir(parents=True, exist_ok=True)
        return str(path)

    return AttemptMaker(job, Settings(jobs=1), "local1_0001", maps, {}, str(scratch), make_output)


def make_attempt(job: Job, task: Task, folder: Path, *feeds: Feed) -> Attempt:
    """Make the first attempt at a task."""
    return make_maker(job, folder).make(task, 0, feeds)


def run_alone(run: Callable[[Attempt], Done | Failed], attempt: Attempt) -> Done | Failed:
    """Run an attempt in a process of its own, as the engine does; errors come back as Failed."""
    workers = Workers(1)
    workers.submit(0, lambda: run(attempt))
    return next(iter(workers.answers())).outcome


def read_output(attempt: Attempt) -> dict[str, bytes]:
    """Return the files in the output directory of an attempt."""
    return {name: Path(attempt.output, name).read_bytes() for name in sorted(os.listdir(attempt.output))}


def checksums_of(content: bytes) -> bytes:
    """Return the checksums of a segment with this content."""
    checksums = Checksums()
    checksums.add(content)
    return checksums.finish()
