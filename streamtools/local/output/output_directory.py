"""The output directory of a job, and how a task's output becomes the job's at once.

Of two jobs the output directory belongs to the one that has made it; while it runs it holds a lock on it.

out/_temporary/0/_temporary/ATTEMPT/part-00000  --task commit: rename-->  out/part-00000  --job commit-->  _SUCCESS
"""

import os
from collections.abc import Collection
from contextlib import suppress

from streamtools.files import files_below, try_lock
from streamtools.job import STDOUT, Job, Refused, launch_refused
from streamtools.local.output.part_file import part_files

TEMPORARY = os.path.join("_temporary", "0", "_temporary")


class OutputDirectory:
    """The output directory of a job, which must not exist before the job begins.

    path: where it is; for results that go to stdout, a directory in the job's scratch.
    """

    def __init__(self, job: Job, path: str) -> None:
        self.path = path
        self.is_scratch = job.output == STDOUT
        self.marks_success = job.properties.output.marks_success
        self.keeps_of_failed = job.properties.output.committer_version != 1
        self.committed: list[str] = []
        self.lock: int | None = None  # forked workers hold it too

    def is_empty(self) -> bool:
        """Return whether it exists and holds nothing, so that nothing can be lost there."""
        return os.path.isdir(self.path) and not os.listdir(self.path)

    def check(self, resumes: bool = False) -> None:
        """Raise Refused if it exists, unless this run resumes the one that made it."""
        if os.path.lexists(self.path) and not self.is_scratch and not resumes:
            raise self._exists()

    def claim(self, resumes: bool = False, is_ours: bool = False) -> None:
        """Make the directory with its parents, and lock it; raises Refused if that fails.

        If it is there already, or another job has been faster, it is refused, too, unless this run resumes one and the
        directory is empty or known to be ours.
        """
        if self.is_scratch:
            return
        try:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            self._make(resumes)
            self.lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise self._cannot_create(error) from None
        try:
            is_free = try_lock(self.lock)
        except OSError:  # a filesystem without locks: that we have made it has to do
            is_free = True
        if not is_free or (not is_ours and os.listdir(self.path)):
            raise self._exists()

    def _make(self, may_exist: bool) -> None:
        try:
            os.mkdir(self.path)
        except FileExistsError:
            if not may_exist:
                raise self._exists() from None

    def create(self) -> None:
        """Make what is temporary in the directory; raises Refused if that fails."""
        try:
            self._remove_temporary()
            os.makedirs(os.path.join(self.path, TEMPORARY))
        except OSError as error:
            raise self._cannot_create(error) from None

    def _exists(self) -> Refused:
        remedy = "name another, or remove it; --resume continues what a killed st-run left"
        return launch_refused(f"Output directory file:{self.path} already exists", remedy)

    def _cannot_create(self, error: OSError) -> Refused:
        return launch_refused(f"Mkdirs failed to create file:{self.path}: {error.strerror}")

    def make_attempt(self, attempt: str) -> str:
        """Make the directory of an attempt, and return its path."""
        directory = os.path.join(self.path, TEMPORARY, attempt)
        os.makedirs(directory, exist_ok=True)
        return directory

    def commit_task(self, attempt: str) -> list[str]:
        """Move what an attempt wrote, side files too, into the output; return the paths of its files there."""
        moved = _move(os.path.join(self.path, TEMPORARY, attempt), self.path)
        self.committed += moved
        return moved

    def remove_parts_but(self, files: Collection[str]) -> None:
        """Remove the part files that are not among `files`: an earlier run was killed before it recorded them."""
        for path in self.parts():
            if path not in files:
                os.unlink(path)

    def abort_task(self, attempt: str) -> None:
        """Remove what an attempt wrote."""
        from shutil import rmtree

        rmtree(os.path.join(self.path, TEMPORARY, attempt), ignore_errors=True)

    def end(self, succeeded: bool) -> None:
        """Remove what is temporary, and mark success.

        What the tasks of a failed job have committed stays, except with version 1 of Hadoop's committer.
        """
        self._remove_temporary()
        if not (succeeded or self.keeps_of_failed):
            for path in self.committed:
                with suppress(OSError):  # a task has removed it
                    os.unlink(path)
        if succeeded and self.marks_success and not self.is_scratch:
            with open(os.path.join(self.path, "_SUCCESS"), "wb"):
                pass
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None

    def _remove_temporary(self) -> None:
        from shutil import rmtree

        rmtree(os.path.join(self.path, "_temporary"), ignore_errors=True)

    def parts(self) -> list[str]:
        """Return the paths of the part files, in order."""
        return part_files(self.path)


def _move(directory: str, target: str) -> list[str]:
    """Move all in a directory, which goes away, into another one; directories merge with those of the same name.

    Return the files there, but no directories: tasks share them.
    """
    moved = []
    for entry in sorted(os.scandir(directory), key=lambda entry: entry.name):
        place = os.path.join(target, entry.name)
        is_directory = entry.is_dir(follow_symlinks=False)
        if is_directory and os.path.isdir(place):
            moved += _move(entry.path, place)
            continue
        os.replace(entry.path, place)
        moved += files_below(place) if is_directory else [place]
    os.rmdir(directory)
    return moved
