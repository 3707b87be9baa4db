"""What a run has finished, kept so that the same command with --resume continues from there.

    WORK/st-run-UID-OUTPUT/  lock  began  map-000000  map-000000.done  reduce-000001.done  ...

A task's record is written after its output is in place, so it never promises more than there is. It holds a digest of
all that the task's output depends on; if that has changed, the task is run again.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from streamtools.inputs.stamps import stamp_file
from streamtools.job import launch_refused
from streamtools.local.recovery.done_record import DoneRecord, decode_record, encode_record
from streamtools.local.shuffle.segments import is_intact
from streamtools.local.tasks.outcome import Done
from streamtools.local.tasks.task import Task
from streamtools.scratch.directories import BEGAN, DONE, NOTHING, REPLAY, dispose, empty, place_of, remove, sweep
from streamtools.scratch.links import remove_links
from streamtools.scratch.locking import InUse, take

KEPT = re.compile(rf"{BEGAN}|(map|reduce)-\d+({re.escape(DONE)})?")  # outputs of map tasks, and records


class State:
    """The directory of one job: what its tasks leave for others, and the records of those that are done."""

    def __init__(self, directory: str, replays: str = "") -> None:
        self.directory = directory
        self.replays = replays or directory  # directory in which failed tasks are kept to be run alone
        self.files: set[str] = set()  # what the tasks that are done have written
        self.is_prepared = False

    def prepare(self, resume: bool, say: Callable[[str], None]) -> None:
        """Make ready for this run, which is not refused. Without `resume`, remove what an earlier run has left."""
        self.is_prepared = True
        if not resume:
            if count := self.count():
                say(f"{self.directory}: removed {count} finished tasks of an earlier run; --resume would keep them")
            self.forget_failed()
        empty(self.directory, KEPT if resume else NOTHING)

    def keep(self, task: Task, done: Done, files: Sequence[str]) -> None:
        """Record that a task is done: what it reported, and the files that must still be there to believe it."""
        stamps = {path: stamp_file(path) for path in files}
        path = os.path.join(self.directory, task.file + DONE)
        with open(f"{path}.new", "wb", buffering=0) as file:
            file.write(encode_record(DoneRecord(task.file, task.fingerprint, stamps, done)))
            os.fsync(file.fileno())
        os.replace(f"{path}.new", path)
        _sync(self.directory)

    def done(self, tasks: Sequence[Task]) -> list[Done | None]:
        """Return what each of these tasks, all of one kind, reported when it was done with the same fingerprint.

        None stands for one that is still to be run. Records that do not hold any more are removed with their files.
        """
        found: list[Done | None] = [None] * len(tasks)
        by_record = {task.file + DONE: task for task in tasks}
        kind = tasks[0].kind if tasks else ""
        for name in sorted(os.listdir(self.directory)):
            if not (name.startswith(f"{kind}-") and name.endswith(DONE)):
                continue
            record, task = self._read(name), by_record.get(name)
            if record and task and record.fingerprint == task.fingerprint and _holds(record):
                found[task.number] = record.done
                self.files.update(record.files)
            else:
                self._discard(name, record.files if record else ())
        return found

    def _read(self, name: str) -> DoneRecord | None:
        """Return a record; None if it does not verify, or is another task's, whose files it must not stand for."""
        with suppress(OSError), open(os.path.join(self.directory, name), "rb") as file:
            record = decode_record(file.read())
            return record if record and f"{record.task}{DONE}" == name else None
        return None

    def _discard(self, name: str, files: Iterable[str]) -> None:
        for path in (os.path.join(self.directory, name), *files):
            with suppress(FileNotFoundError):
                os.unlink(path)

    @property
    def began(self) -> bool:
        """Whether an earlier run has made the output directory: only after that a task is done."""
        return os.path.exists(os.path.join(self.directory, BEGAN)) or self.count() > 0

    def begin(self) -> None:
        """Record that the output directory is ours: it was not there, and is about to be made."""
        with open(os.path.join(self.directory, BEGAN), "wb"):
            pass

    def failed(self) -> list[str]:
        """Return the names of the directories with failed tasks."""
        with suppress(OSError):
            if not os.path.islink(self.replays):
                return [name for name in os.listdir(self.replays) if name.startswith(REPLAY)]
        return []

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Hold the directory in which failed tasks are kept, as long as one is written there. Raises OSError."""
        if self.replays == self.directory:
            yield
            return
        lock = take(self.replays, shared=True)
        try:
            yield
        finally:
            os.close(lock)

    def forget_failed(self) -> None:
        """Remove what was kept of failed tasks, if that is elsewhere than all else, and nobody writes there."""
        with suppress(OSError):
            if self.replays != self.directory:
                remove(self.replays)

    def count(self) -> int:
        """Return how many tasks are recorded as done."""
        if not os.path.isdir(self.directory):
            return 0
        return sum(name.endswith(DONE) for name in os.listdir(self.directory))


def _holds(record: DoneRecord) -> bool:
    """Return whether the files of a task are those that it left: each as it was, of segments every byte."""
    if any(stamp_file(path) != stamp for path, stamp in record.files.items()):
        return False
    partitions = record.done.output.partitions if record.done.output else []
    return all(is_intact(segment) for segments in partitions for segment in segments)


def _sync(directory: str) -> None:
    """Let the names in a directory outlast a crash of the machine."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def open_state(output: str, work: str, say: Callable[[str], None]) -> Iterator[State]:
    """Give the state of the job that writes `output`, in the directory `work`.

    On exit finished tasks are kept, unless `forget` was called; and all of an earlier run, unless this one has called
    `prepare`. Raises Refused if another run for the same output is still going on.
    """
    directory = place_of(output, work)
    sweep(work)
    try:
        lock = take(directory)  # forked workers hold it too: an orphan of a killed run must have ended first
    except InUse as error:
        remedy = "wait for it, or end its processes"
        raise launch_refused(f"{output}: another st-run is still writing it ({error.who})", remedy) from None
    except OSError as error:
        raise launch_refused(f"{directory}: {error.strerror}", "name another directory with --work-dir") from None
    try:
        remove_links(directory)
        state = State(directory)
        try:
            yield state
        finally:
            if os.path.exists(directory):
                _leave(state, say)
    finally:
        os.close(lock)


def forget(state: State) -> None:
    """Remove the state of a job that succeeded, or that cannot be resumed."""
    dispose(state.directory)
    state.forget_failed()


def _leave(state: State, say: Callable[[str], None]) -> None:
    if done := state.count():
        say(f"{done} finished tasks kept in {state.directory}; continue with the same command and --resume")
    elif not state.failed() and (state.is_prepared or not state.began):
        forget(state)
