"""What a run has finished, kept so that the same command with --resume continues from there.

    WORK/st-run-UID-OUTPUT/  lock  began  map-000000  map-000000.done  reduce-000001.done  ...

A task's record is written after its output is in place, so it never promises more than there is. It holds a digest of
all that the task's output depends on; if that has changed, the task is run again.
"""

import errno
import hashlib
import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from streamtools.files import try_lock
from streamtools.inputs.stamps import stamp_file
from streamtools.job import launch_refused
from streamtools.local.recovery.done_record import DoneRecord, decode_record, encode_record
from streamtools.local.shuffle.segments import is_intact
from streamtools.local.stages.working_directory import remove_leftovers
from streamtools.local.tasks.outcome import Done
from streamtools.local.tasks.task import Task

LOCK, BEGAN = "lock", "began"
DONE = ".done"  # ends the names of records
KEPT = re.compile(r"began|(map|reduce)-\d+(\.done)?")  # what resuming needs: outputs of map tasks, and records
NOTHING = re.compile(r"(?!)")
PATIENCE = 5.0  # seconds for the processes of a killed run to notice it and to end
REPLAY = "replay-"  # begins the names of directories with failed tasks


class State:
    """The directory of one job: what its tasks leave for others, and the records of those that are done."""

    def __init__(self, directory: str, replays: str = "") -> None:
        self.directory = directory
        self.replays = replays or directory  # directory in which failed tasks are kept to be run alone
        self.files: set[str] = set()  # what the tasks that are done have written

    def keep(self, task: Task, done: Done, files: Sequence[str]) -> None:
        """Record that a task is done: what it reported, and the files that must still be there to believe it."""
        stamps = {path: stamp_file(path) for path in files}
        path = os.path.join(self.directory, f"{task.file}{DONE}")
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
        by_record = {f"{task.file}{DONE}": task for task in tasks}
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

    def forget_failed(self) -> None:
        """Remove what was kept of failed tasks."""
        from shutil import rmtree

        for name in self.failed():
            rmtree(os.path.join(self.replays, name), ignore_errors=True)
        with suppress(OSError):  # there is more in it, or it is not there
            os.rmdir(self.replays)

    def count(self) -> int:
        """Return how many tasks are recorded as done."""
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


def place_of(name: str, work: str, prefix: str = "st-run") -> str:
    """Return the path, in the directory `work`, for what belongs to an output directory or to another name."""
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
    return os.path.join(work, f"{prefix}-{os.getuid()}-{digest}")


def make_private(directory: str) -> None:
    """Make a directory that is ours alone, or accept it as it is there. Raises OSError for anything else, also a link.

    Its name can be guessed, so that another user may have made it before: nothing is written or believed in it then.
    """
    os.makedirs(os.path.dirname(directory), exist_ok=True)
    with suppress(FileExistsError):
        os.mkdir(directory, mode=0o700)
    found = os.lstat(directory)
    if not stat.S_ISDIR(found.st_mode):
        raise PermissionError(errno.EPERM, "is not a directory")
    if found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise PermissionError(errno.EPERM, "belongs to another user, or others can write in it")


@contextmanager
def open_state(output: str, work: str, resume: bool, say: Callable[[str], None]) -> Iterator[State]:
    """Give the state of the job that writes `output`, in the directory `work`.

    Without `resume`, what an earlier run has left is removed. On exit finished tasks are kept, unless `forget` was
    called. Raises Refused if another run for the same output is still going on.
    """
    directory = place_of(output, work)
    try:
        make_private(directory)
        lock = os.open(os.path.join(directory, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise launch_refused(f"{directory}: {error.strerror}", "name another directory with --work-dir") from None
    try:
        _lock(lock, output)  # forked workers hold it too: an orphan of a killed run must have ended first
        remove_leftovers(directory)
        state = State(directory)
        if not resume and state.count():
            say(f"{directory}: removed {state.count()} finished tasks of an earlier run; --resume would have kept them")
        _clean(directory, KEPT if resume else NOTHING)
        try:
            yield state
        finally:
            if os.path.exists(directory):
                _leave(state, say)
    finally:
        os.close(lock)


def forget(state: State) -> None:
    """Remove the state of a job that succeeded, or that cannot be resumed."""
    from shutil import rmtree

    rmtree(state.directory, ignore_errors=True)
    state.forget_failed()


def _leave(state: State, say: Callable[[str], None]) -> None:
    if done := state.count():
        say(f"{done} finished tasks kept in {state.directory}; continue with the same command and --resume")
    elif not state.failed():
        forget(state)


def _lock(lock: int, output: str) -> None:
    """Take the lock, and write into it who holds it. The processes of a holder that was killed are waited for."""
    until = time.monotonic() + PATIENCE
    while not try_lock(lock):
        holder = os.pread(lock, 32, 0).decode("ascii", "replace")
        is_alive = not holder.isdecimal() or _is_alive(int(holder))
        if is_alive or time.monotonic() > until:
            who = f"process {holder}" if is_alive else f"what process {holder} had started, which has ended itself"
            remedy = "wait for it, or end its processes"
            raise launch_refused(f"{output}: another st-run is still writing it ({who})", remedy)
        time.sleep(0.02)
    os.ftruncate(lock, 0)
    os.pwrite(lock, b"%d" % os.getpid(), 0)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError as error:
        return error.errno != errno.ESRCH
    return True


def _clean(directory: str, kept: re.Pattern[str]) -> None:
    """Remove what an earlier run has left in the directory, except the lock and files whose names match `kept`."""
    from shutil import rmtree

    for entry in os.scandir(directory):
        if entry.is_dir(follow_symlinks=False):
            rmtree(entry.path)
        elif entry.name != LOCK and not kept.fullmatch(entry.name):
            os.unlink(entry.path)
