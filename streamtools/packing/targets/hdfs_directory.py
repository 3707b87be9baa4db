"""Blobs in HDFS, by the hdfs command."""

import subprocess

from streamtools.errors import TransferError, UnavailableError
from streamtools.packing.targets.contract import File, write_and_commit
from streamtools.packing.targets.remote_target import RemoteTarget
from streamtools.records import write_all


class HdfsDirectory(RemoteTarget):
    """A directory of HDFS."""

    def has(self, name: str) -> bool:
        return _run_hdfs("-test", "-e", self.place(name)) == 0

    def read(self, name: str) -> bytes | None:
        return super().read(name) if self.has(name) else None  # without the check -cat would write to stderr

    def begin(self, name: str) -> File:
        return _HdfsFile(self.place(f"_{name}"), self.place(name))

    def put(self, name: str, data: bytes) -> None:
        place = self.place(name)  # without a temporary name: from a part of the manifest a later run can continue
        write_and_commit(_HdfsFile(place, place), data)

    def remove(self, name: str) -> None:
        if self.has(name):
            _run_hdfs("-rm", self.place(name), quiet=True)


class _HdfsFile:
    """A file of HDFS, written by `hdfs dfs -put` under a temporary name and then renamed.

    `-put` gives a file its name at the end of its input, even if that is the end of a killed process.
    """

    def __init__(self, temporary: str, uri: str) -> None:
        self.temporary, self.uri = temporary, uri
        command = ["hdfs", "dfs", "-put", "-f", "-", temporary]
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0)
        except FileNotFoundError:
            raise _no_hdfs(uri) from None

    def write(self, data: bytes) -> None:
        assert self.process.stdin
        try:
            write_all(data, self.process.stdin.fileno())
        except BrokenPipeError:
            raise TransferError(self.uri, f"hdfs dfs -put ended with status {self.process.wait()}") from None

    def flush(self) -> None:
        pass

    def commit(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        if status := self.process.wait():
            raise TransferError(self.uri, f"hdfs dfs -put ended with status {status}", "see its message")
        if self.temporary == self.uri or _run_hdfs("-mv", self.temporary, self.uri, quiet=True) == 0:
            return
        _run_hdfs("-rm", "-f", self.uri, quiet=True)  # one of an earlier run, which -mv does not overwrite
        if status := _run_hdfs("-mv", self.temporary, self.uri):
            raise TransferError(self.uri, f"hdfs dfs -mv ended with status {status}", "see its message")

    def abort(self) -> None:
        """Kill the command before its input ends: at an end it would give the file its name."""
        assert self.process.stdin
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
            _run_hdfs("-rm", "-f", f"{self.temporary}._COPYING_", quiet=True)
        self.process.stdin.close()


def _run_hdfs(*words: str, quiet: bool = False) -> int:
    """Run a command of `hdfs dfs` and return its exit status. quiet: discard its messages."""
    stderr = subprocess.DEVNULL if quiet else None
    try:
        command = ["hdfs", "dfs", *words]
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr).returncode
    except FileNotFoundError:
        raise _no_hdfs(words[-1]) from None


def _no_hdfs(uri: str) -> UnavailableError:
    return UnavailableError(uri, "needs the hdfs command", "install a Hadoop client")
