"""Tasks in, ended attempts out: start them, try them again, give up."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import NamedTuple

from streamtools.local.tasks.outcome import Done, Failed
from streamtools.local.tasks.task import Task
from streamtools.local.tasks.workers import Workers


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
) -> Generator[Ended, None, None]:
    """Yield each attempt as it ends, until every task has succeeded or failed `tries` times.

    `run` runs in a process forked for the attempt, at most `jobs` of them at a time; `tick` is called now and then.
    When the generator is closed, the processes that still run are killed.
    """
    workers = Workers(jobs, tick)
    trials: list[Trial] = []

    def submit(task: Task, number: int) -> None:
        trial = Trial(task, number, is_last=number + 1 >= tries)
        workers.submit(len(trials), lambda: run(trial))
        trials.append(trial)

    for task in tasks:
        submit(task, 0)
    with closing(workers.answers()) as answers:
        for answer in answers:
            trial = trials[answer.number]
            yield Ended(trial, answer.outcome, answer.start, answer.end)
            if isinstance(answer.outcome, Failed) and not trial.is_last:
                submit(trial.task, trial.number + 1)
