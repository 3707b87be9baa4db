"""Tasks in, ended attempts out: start them, try them again, give up."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, NamedTuple

from streamtools.local.tasks.observer import Running
from streamtools.local.tasks.outcome import Done, Failed
from streamtools.local.tasks.task import Task
from streamtools.local.tasks.workers import Answer, Workers

if TYPE_CHECKING:
    from streamtools.local.tasks.feeder import Feed, Feeder


Tick = Callable[[Sequence[Running]], None]


class Trial(NamedTuple):
    """One attempt to be made at a task. number: from 0. is_last: no other follows if it fails."""

    task: Task
    number: int
    is_last: bool


class Ended(NamedTuple):
    """An attempt that has ended. start, end: seconds of the monotonic clock."""

    trial: Trial
    outcome: Done | Failed
    start: float
    end: float


class _Trials:
    """The attempts that were submitted, by the number of their work."""

    def __init__(self, workers: Workers, run: Callable[[Trial], Done | Failed], tries: int, tick: Tick | None) -> None:
        self.workers, self.run, self.tries = workers, run, tries
        self.submitted: list[Trial] = []
        workers.tick = (lambda: tick(list(self.running()))) if tick else None

    def make(self, task: Task, number: int) -> Trial:
        """Return an attempt that is not submitted."""
        return Trial(task, number, is_last=number + 1 >= self.tries)

    def submit(self, task: Task, number: int) -> None:
        """Queue an attempt, in front if its lines wait in one of few files."""
        trial = self.make(task, number)
        self.workers.submit(len(self.submitted), lambda: self.run(trial), is_urgent=task.is_fed)
        self.submitted.append(trial)

    def running(self) -> Iterator[Running]:
        """Yield the attempts that run."""
        for number, process, start in self.workers.processes():
            if number >= 0:
                trial = self.submitted[number]
                yield Running(trial.task, trial.number, process, start)


def run_tasks(
    tasks: Sequence[Task],
    run: Callable[[Trial], Done | Failed],
    tries: int,
    jobs: int,
    tick: Tick | None,
    feed: Feed | None = None,
) -> Generator[Ended, None, None]:
    """Yield each attempt as it ends, until every task has succeeded or failed `tries` times.

    `run` runs in a process forked for the attempt, at most `jobs` of them at once. `tick` gets those that run.
    feed: how a file is decoded that tasks share; where that fails, only the first of its tasks that are left fails.
    When the generator is closed, the processes that still run are killed.
    """
    workers = Workers(jobs)
    trials = _Trials(workers, run, tries, tick)
    for task in tasks:
        if not task.share:
            trials.submit(task, 0)
    with ExitStack() as stack:
        stack.callback(workers.kill)  # also before the first answer
        answers = stack.enter_context(closing(workers.answers()))
        feeder: Feeder | None = None
        if feed:
            from streamtools.local.tasks.feeder import Feeder

            shares = [task for task in tasks if task.share]
            feeder = stack.enter_context(closing(Feeder(shares, feed, workers, trials.submit)))
        for answer in answers:
            if answer.number < 0:
                assert feeder
                yield from _end_decoder(feeder, answer, trials)
                continue
            trial = trials.submitted[answer.number]
            is_tried_again = isinstance(answer.outcome, Failed) and not trial.is_last
            if feeder and not is_tried_again:
                feeder.release(trial.task)
            yield _end(trial, answer)
            if is_tried_again:
                trials.submit(trial.task, trial.number + 1)


def _end_decoder(feeder: Feeder, answer: Answer, trials: _Trials) -> Iterator[Ended]:
    """Yield the attempt that failed with a decoder, if it did, and start the decoder again if it may be."""
    if left := feeder.end(answer.number, answer.outcome):
        trial = trials.make(*left)
        yield _end(trial, answer)
        if not trial.is_last:
            feeder.try_again(answer.number)


def _end(trial: Trial, answer: Answer) -> Ended:
    return Ended(trial, answer.outcome, answer.start, answer.end)
