"""An attempt at a task, in the process that is forked for it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from streamtools.allocator import keep_freed_memory
from streamtools.local.monitor import Monitor
from streamtools.local.recovery.state import State
from streamtools.local.scheduler import Trial
from streamtools.local.settings import Settings
from streamtools.local.stages.process import CommandFailed
from streamtools.local.tasks.attempt import Attempt
from streamtools.local.tasks.maker import AttemptMaker
from streamtools.local.tasks.outcome import Done, Failed
from streamtools.local.tasks.usage import measure_usage
from streamtools.reporter import BadRecord

AT_LEAST = 1 << 18  # bytes of memory that a task uses again and again
OBJECTS = 16  # times its input, packed perhaps, is what it may use besides

RunTask = Callable[[Attempt], Done | Failed]


def try_task(
    trial: Trial, run_task: RunTask, maker: AttemptMaker, monitor: Monitor, settings: Settings, state: State
) -> Done | Failed:
    """Make an attempt, in the process forked for it; if it fails for good, find out on what."""
    if begin := settings.console.begin_task:
        begin()
    task = trial.task
    used = min(maker.memory // 4, AT_LEAST + OBJECTS * task.size)  # 5 ms for 8 MiB
    pins = keep_freed_memory(used)  # noqa: F841  held until the attempt has ended
    attempt = maker.make(task, trial.number, monitor.feeds(task))
    if (watch := monitor.watch) and not task.share:
        attempt = replace(attempt, on_read=watch.reading_meter(task.number))
    listen = attempt.runner.listen
    listen.holds = monitor.holds_tracebacks
    try:
        if most := settings.skip_bad:
            from streamtools.local.recovery.skipping import run_without_bad_records

            outcome = run_without_bad_records(attempt, run_task, most)
        else:
            outcome = run_task(attempt)
    except (CommandFailed, BadRecord) as error:
        outcome = Failed(error)
    usage = measure_usage()
    if isinstance(outcome, Failed) and trial.is_last and (settings.keep_failed or not outcome.command):
        from streamtools.local.recovery.blame import explain_failure

        with suppress(OSError):  # a full disk must not hide why it has failed
            outcome = explain_failure(attempt, run_task, outcome, state, keeps=settings.keep_failed)
    if isinstance(outcome, Failed):
        return outcome._replace(usage=usage, is_held=bool(listen.held))
    listen.release()
    return outcome._replace(usage=usage)
