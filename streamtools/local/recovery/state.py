"""What a run has finished, kept so that the same command with --resume goes on from there.

    WORK/st-run-UID-OUTPUT/  lock  began  map-000000  map-000000.done  reduce-000001.done  ...

A task's record is written after its output is in place, so a record never tells of more than there is. It holds a key
made of all that the task's result depends on; where that has changed, the task is run again.
"""

import errno
import fcntl
import hashlib
import os
import pickle
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from streamtools import __version__
from streamtools.files import files_below
from streamtools.job import Job, Stage, launch_refused
from streamtools.local.input.split import Split
from streamtools.local.recovery.program_files import find_program_files
from streamtools.local.stages.program import find_program
from streamtools.local.stages.working_directory import remove_leftovers

LOCK, BEGAN = "lock", "began"
KEPT = re.compile(r"began|(map|reduce)-\d+(\.done)?")  # among it what a task leaves for others, and its record
NOTHING = re.compile(r"(?!)")
REPLAY = "replay-"  # begins the names of folders with failed tasks
NOT_OF_RESULTS = ("mapreduce.map.maxattempts", "mapreduce.reduce.maxattempts", "mapreduce.job.name")


def task_file(is_map: bool, number: int) -> str:
    """The name under which a task is known here; what a map task leaves for reducers is a file of this name."""
    return f"{'map' if is_map else 'reduce'}-{number:06d}"


class State:
    """The folder of one job: for what its tasks leave to others, and for the records of those that are done."""

    def __init__(self, folder: str, replays: str = "") -> None:
        self.folder = folder
        self.replays = replays or folder  # where failed tasks are kept to be run alone
        self.files: set[str] = set()  # what tasks that are done have left

    def keep(self, name: str, key: str, done: Any, files: Sequence[str]) -> None:
        """Record that a task is done: what it reported, and the files that must still be there to believe it."""
        sizes = {path: os.path.getsize(path) for path in files}
        path = os.path.join(self.folder, f"{name}.done")
        with open(f"{path}.new", "wb") as file:
            pickle.dump((key, sizes, done), file)
        os.replace(f"{path}.new", path)

    def done(self, kind: str, keys: Sequence[str]) -> list[Any]:
        """What each task of a kind, "map" or "reduce", reported when it was done with the same key; else None.

        Records that do not hold any more are removed with the files they tell of.
        """
        found: list[Any] = [None] * len(keys)
        for name in sorted(os.listdir(self.folder)):
            if name.startswith(f"{kind}-") and name.endswith(".done"):
                number = int(name[len(kind) + 1 : -len(".done")])
                key, sizes, done = self._read(name)
                same = all(os.path.exists(path) and os.path.getsize(path) == size for path, size in sizes.items())
                if same and number < len(keys) and key == keys[number]:
                    found[number] = done
                    self.files.update(sizes)
                else:
                    self._discard(name, sizes)
        return found

    def _read(self, name: str) -> tuple[str, dict[str, int], Any]:
        with suppress(OSError, EOFError, pickle.UnpicklingError), open(os.path.join(self.folder, name), "rb") as file:
            key, sizes, done = pickle.load(file)  # from ourselves, in a folder that is ours alone
            return key, sizes, done
        return "", {}, None

    def _discard(self, name: str, files: Iterable[str]) -> None:
        for path in (os.path.join(self.folder, name), *files):
            with suppress(FileNotFoundError):
                os.unlink(path)

    @property
    def began(self) -> bool:
        """Whether an earlier run has made the output directory."""
        return os.path.exists(os.path.join(self.folder, BEGAN))

    def begin(self) -> None:
        """Record that the output directory is ours: it was not there, and is about to be made."""
        with open(os.path.join(self.folder, BEGAN), "wb"):
            pass

    def failed(self) -> list[str]:
        """The names of the folders with failed tasks, each to be run alone."""
        with suppress(OSError):
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
        """How many tasks are recorded as done."""
        return sum(name.endswith(".done") for name in os.listdir(self.folder))


def place_of(name: str, work: str) -> str:
    """The folder in the directory `work` for what belongs to an output directory, or to whatever else has a name."""
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
    return os.path.join(work, f"st-run-{os.getuid()}-{digest}")


@contextmanager
def state_of(output: str, work: str, resume: bool, say: Callable[[str], None]) -> Iterator[State]:
    """The state of the job that writes `output`, in the directory `work`; gone when the job has succeeded.

    Without `resume` what an earlier run has left is removed. A job that is left by an exception, or with tasks recorded
    and not `forget`-ed, keeps them. Raises Refused when a run for the same output is still going on.
    """
    folder = place_of(output, work)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if os.lstat(folder).st_uid != os.getuid():  # records are pickles: never from somebody else
            raise PermissionError(errno.EPERM, "belongs to another user")
        lock = os.open(os.path.join(folder, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise launch_refused(f"{folder}: {error.strerror}", "name another directory with --work-dir") from None
    try:
        _lock(lock, output)  # forked workers hold it too: an orphan of a killed run must have ended first
        remove_leftovers(folder)
        state = State(folder)
        if not resume and state.count():
            say(f"{folder}: removed {state.count()} finished tasks of an earlier run; --resume would have kept them")
        _clean(folder, KEPT if resume else NOTHING)
        try:
            yield state
        finally:
            if os.path.exists(folder):
                _leave(state, say)
    finally:
        os.close(lock)


def forget(state: State) -> None:
    """Remove the state of a job that has succeeded, or that nobody can resume."""
    from shutil import rmtree

    rmtree(state.folder, ignore_errors=True)
    state.forget_failed()


def _leave(state: State, say: Callable[[str], None]) -> None:
    if done := state.count():
        say(f"{done} finished tasks are kept in {state.folder}; the same command with --resume goes on from there")
    elif not state.failed():
        forget(state)


def _lock(lock: int, output: str) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        remedy = "wait for it, or end its processes"
        raise launch_refused(f"{output}: another st-run is still writing it", remedy) from None


def _clean(folder: str, kept: "re.Pattern[str]") -> None:
    """Remove what an earlier run has left in the folder, but for the lock and the files whose names fit `kept`."""
    from shutil import rmtree

    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            rmtree(entry.path)
        elif entry.name != LOCK and not kept.fullmatch(entry.name):
            os.unlink(entry.path)


def map_keys(job: Job, plan: Sequence[Split], path: str, seed: int | None) -> list[str]:
    """For each map task a digest of all that its output depends on. path: where programs are looked up."""
    shared = _digest(*_common(job, path, seed), job.mapper, _files(job.mapper, path))
    return [_digest(shared, split, _stamp(split.path)) for split in plan]


def reduce_key(job: Job, map_keys: Sequence[str], path: str, seed: int | None) -> str:
    """A digest of all that the output of a reduce task depends on."""
    return _digest(*_common(job, path, seed), job.reducer, _files(job.reducer, path), job.output_format, *map_keys)


def _common(job: Job, path: str, seed: int | None) -> tuple[Any, ...]:
    given = sorted(item for item in job.given.items() if item[0] not in NOT_OF_RESULTS)
    shipped = [(item, _stamps(item.path)) for item in job.shipped]
    packed = [(name, _stamps(name)) for name in job.packed]
    combiner = (job.combiner, _files(job.combiner, path)) if job.combiner else None
    how = (job.reduces, job.partitioner, job.input_format, seed)
    return __version__, given, job.environment, shipped, packed, combiner, *how


def _files(stage: Stage, path: str) -> list[tuple[str, object]]:
    """The files that a command is made of, with their stamps."""
    if not stage.is_command:
        return []
    program = find_program(stage.text, path)
    return [(name, _stamp(name)) for name in find_program_files(program.words, program.path)]


def _stamps(path: str) -> object:
    """The stamp of a file, or those of all files in a directory."""
    return [(name, _stamp(name)) for name in files_below(path)] if os.path.isdir(path) else _stamp(path)


def _stamp(path: str) -> object:
    """What changes when a file is changed: its size and time of modification."""
    with suppress(OSError):
        status = os.stat(path)
        return status.st_size, status.st_mtime_ns
    return None


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()
