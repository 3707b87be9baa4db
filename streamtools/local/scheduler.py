"""Tasks in, ended attempts out: start them, try them again, give up."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, NamedTuple

from streamtools.local.tasks.outcome import Done, Failed
from streamtools.local.tasks.task import Task
from streamtools.local.tasks.workers import Answer, Workers

if TYPE_CHECKING:
    from streamtools.local.tasks.feeder import Feed, Feeder


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


def run_tasks(
    tasks: Sequence[Task],
    run: Callable[[Trial], Done | Failed],
    tries: int,
    jobs: int,
    tick: Callable[[], None] | None,
    feed: Feed | None = None,
) -> Generator[Ended, None, None]:
    """Yield each attempt as it ends, until every task has succeeded or failed `tries` times.

    `run` runs in a process forked for the attempt, at most `jobs` of them at a time; `tick` is called now and then.
    feed: how a file is decoded that tasks share; where that fails, only the first of its tasks that are left fails.
    When the generator is closed, the processes that still run are killed.
    """
    workers = Workers(jobs, tick)
    trials: list[Trial] = []

    def make_trial(task: Task, number: int) -> Trial:
        return Trial(task, number, is_last=number + 1 >= tries)

    def submit(task: Task, number: int) -> None:
        trial = make_trial(task, number)
        is_fed = bool(task.split and task.split.lines)
        workers.submit(len(trials), lambda: run(trial), is_urgent=is_fed)
        trials.append(trial)

    fed = [task for task in tasks if task.split and task.split.share]
    for task in tasks:
        if not (task.split and task.split.share):
            submit(task, 0)
    with ExitStack() as stack:
        stack.callback(workers.kill)  # also before the first answer
        answers = stack.enter_context(closing(workers.answers()))
        feeder: Feeder | None = None
        if fed and feed:
            from streamtools.local.tasks.feeder import Feeder

            feeder = stack.enter_context(closing(Feeder(fed, feed, workers, submit)))
        for answer in answers:
            if answer.number < 0:
                assert feeder
                if left := feeder.end(answer.number, answer.outcome):
                    trial = make_trial(*left)
                    yield _end(trial, answer)
                    if not trial.is_last:
                        feeder.try_again(answer.number)
                continue
            trial = trials[answer.number]
            is_tried_again = isinstance(answer.outcome, Failed) and not trial.is_last
            if feeder and not is_tried_again:
                feeder.release(trial.task)
            yield _end(trial, answer)
            if is_tried_again:
                submit(trial.task, trial.number + 1)


def _end(trial: Trial, answer: Answer) -> Ended:
    return Ended(trial, answer.outcome, answer.start, answer.end)
