"""Where blobs are written: a directory of this machine, s3://, gs:// or hdfs://. A file has its name when whole."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import rmtree
from typing import Any, BinaryIO, Protocol

from streamtools.errors import (
    CannotCreateError,
    NoInputError,
    TransferError,
    UnavailableError,
    UsageError,
    in_words,
    naming,
)
from streamtools.inputs import open_blocks
from streamtools.inputs.remote import EXTRAS
from streamtools.records import write_all

TEMPORARY = "_temporary"
HDFS = ("hdfs", "viewfs")
REMOTE = ("s3", "s3a", "s3n", "gs", "hdfs", "viewfs")
EVERY = 1 << 20  # bytes of a remote manifest up to which all of it is written with each blob; then it takes TIMES blobs
TIMES = 16


class File(Protocol):
    """A file that is being written. `commit` gives it its name, `abort` leaves nothing of it."""

    def write(self, data: bytes) -> None: ...
    def flush(self) -> None: ...
    def commit(self) -> None: ...
    def abort(self) -> None: ...


class Log(Protocol):
    """A file that grows by lines."""

    def add(self, lines: bytes) -> None: ...
    def flush(self) -> None: ...
    def close(self) -> None: ...


class Target(Protocol):
    """A place for files by name."""

    name: str

    def place(self, name: str) -> str:
        """The path or URI of a file."""

    def names(self) -> list[str]:
        """The blobs that are there; of a place that cannot be listed none is known before `log` has been read."""

    def blocks(self, name: str) -> Iterator[bytes]:
        """The bytes of a file."""
        return open_blocks([self.place(name)], format="plain")

    def read(self, name: str) -> bytes | None:
        """All bytes of a file, None if it is not there."""

    def begin(self, name: str) -> File: ...
    def put(self, name: str, data: bytes) -> None: ...
    def remove(self, name: str) -> None: ...
    def log(self, name: str, data: bytes) -> Log:
        """A file that has `data` and will grow."""


def target_of(output: str) -> Target:
    """The target of a path or URI; raises UsageError for one to which nothing can be written here."""
    scheme, mark, _ = output.partition("://")
    if not mark or scheme.lower() == "file":
        return Directory(output.partition("://")[2] if mark else output)
    if scheme.lower() not in REMOTE:
        raise UsageError(output, f"{scheme}:// is not written here", f"a directory, or one of {', '.join(REMOTE)}")
    return Remote(output.rstrip("/"), scheme.lower())


def _put(file: File, data: bytes) -> None:
    try:
        file.write(data)
        file.flush()
    except BaseException:
        file.abort()
        raise
    file.commit()


class Directory(Target):
    """A directory of this machine."""

    def __init__(self, name: str) -> None:
        self.name = name

    def place(self, name: str) -> str:
        return os.path.join(self.name, name)

    def names(self) -> list[str]:
        if os.path.lexists(self.name) and not os.path.isdir(self.name):
            raise CannotCreateError(self.name, "is no directory", "name another one")
        there = sorted(os.listdir(self.name)) if os.path.isdir(self.name) else []
        return [name for name in there if not name.startswith(("_", "."))]

    def read(self, name: str) -> bytes | None:
        try:
            with open(self.place(name), "rb") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def begin(self, name: str) -> File:
        os.makedirs(self.place(TEMPORARY), exist_ok=True)
        return _LocalFile(os.path.join(self.place(TEMPORARY), name), self.place(name))

    def put(self, name: str, data: bytes) -> None:
        _put(self.begin(name), data)

    def remove(self, name: str) -> None:
        if os.path.exists(self.place(name)):
            os.unlink(self.place(name))

    def log(self, name: str, data: bytes) -> Log:
        try:
            os.makedirs(self.name, exist_ok=True)
            lock = os.open(self.name, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise CannotCreateError(self.name, in_words(error), "name another directory") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise CannotCreateError(self.name, "another st-pack is still writing it", "wait for it") from None
        rmtree(self.place(TEMPORARY), ignore_errors=True)  # of a run that was killed
        try:
            self.put(name, data)
            return _LocalLog(self, name, lock)
        except BaseException:
            rmtree(self.place(TEMPORARY), ignore_errors=True)
            raise


class _LocalFile:
    def __init__(self, temporary: str, path: str) -> None:
        self.temporary, self.path = temporary, path
        self.file: BinaryIO = open(temporary, "wb", buffering=0)  # noqa: SIM115  closed by commit or abort

    def write(self, data: bytes) -> None:
        with naming(self.path):
            write_all(data, self.file.fileno())

    def flush(self) -> None:
        with naming(self.path):
            os.fsync(self.file.fileno())

    def commit(self) -> None:
        self.file.close()
        os.replace(self.temporary, self.path)

    def abort(self) -> None:
        self.file.close()
        if os.path.exists(self.temporary):
            os.unlink(self.temporary)


class _LocalLog:
    def __init__(self, directory: Directory, name: str, lock: int) -> None:
        self.directory, self.path, self.lock = directory, directory.place(name), lock
        self.file: BinaryIO = open(self.path, "ab", buffering=0)  # noqa: SIM115  closed by `close`

    def add(self, lines: bytes) -> None:
        with naming(self.path):
            write_all(lines, self.file.fileno())
        self.flush()

    def flush(self) -> None:
        with naming(self.path):
            os.fsync(self.file.fileno())

    def close(self) -> None:
        """Also removes a file that a signal left there between its making and its `abort` being ready."""
        self.file.close()
        rmtree(self.directory.place(TEMPORARY), ignore_errors=True)
        os.close(self.lock)


class Remote(Target):
    """Objects below an URI. They are not listed, but looked for one by one."""

    def __init__(self, name: str, scheme: str) -> None:
        self.name, self.scheme = name, scheme

    def place(self, name: str) -> str:
        return f"{self.name}/{name}"

    def names(self) -> list[str]:
        found: list[str] = []
        told = (self.read("_manifest.tsv") or b"").split(b"\n")
        known = {line.partition(b"\t")[0].decode() for line in told if line and not line.startswith(b"#")}
        for name in sorted(known):
            if not self._is_there(name):
                break
            found.append(name)
        return found

    def _is_there(self, name: str) -> bool:
        if self.scheme in HDFS:
            return _hdfs("-test", "-e", self.place(name)) == 0
        try:
            next(self.blocks(name), b"")
        except NoInputError:
            return False
        return True

    def read(self, name: str) -> bytes | None:
        if self.scheme in HDFS and not self._is_there(name):  # -cat would complain on stderr
            return None
        try:
            return b"".join(self.blocks(name))
        except NoInputError:
            return None

    def begin(self, name: str) -> File:
        if self.scheme in HDFS:
            return _HdfsFile(self.place(f"_{name}"), self.place(name))
        return _ObjectFile(self.place(name), self.scheme)

    def put(self, name: str, data: bytes) -> None:
        place = self.place(name)  # in HDFS too at once: what a kill leaves of a manifest, a run goes on with
        _put(_HdfsFile(place, place) if self.scheme in HDFS else self.begin(name), data)

    def remove(self, name: str) -> None:
        if self.read(name) is None:
            return
        if self.scheme not in HDFS:
            raise CannotCreateError(self.place(name), "says that all is there", "remove it to go on")
        _hdfs("-rm", self.place(name), quiet=True)

    def log(self, name: str, data: bytes) -> Log:
        return _RemoteLog(self, name, data)


class _ObjectFile:
    """An object of s3 or gs: it is there when its upload has been completed, and not before."""

    def __init__(self, uri: str, scheme: str) -> None:
        self.uri = uri
        try:
            import smart_open

            self.file: Any = smart_open.open(uri, "wb", compression="disable")
        except ImportError as error:
            remedy = f"pip install 'streamtools[{EXTRAS[scheme]}]'"
            raise UnavailableError(uri, f"{scheme}:// needs a library that is not installed", remedy) from error
        except Exception as error:  # each library has its own kinds
            raise CannotCreateError(uri, f"cannot be written: {_one_line(error)}") from error

    def write(self, data: bytes) -> None:
        with self._explained():
            self.file.write(data)

    def flush(self) -> None:
        pass

    def commit(self) -> None:
        with self._explained():
            self.file.close()

    def abort(self) -> None:
        self.file.terminate()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise TransferError(self.uri, f"writing failed: {_one_line(error)}") from error


class _HdfsFile:
    """A file of HDFS, written by `hdfs dfs -put`, which gives it its name at the end of its input, also where that is
    the end of a killed process: so the file is put by a temporary name, and then renamed.
    """

    def __init__(self, temporary: str, uri: str) -> None:
        import subprocess

        self.temporary, self.uri = temporary, uri
        command = ["hdfs", "dfs", "-put", "-f", "-", temporary]
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0)
        except FileNotFoundError:
            raise UnavailableError(uri, "needs the hdfs command", "install a Hadoop client") from None

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
        if self.temporary == self.uri or _hdfs("-mv", self.temporary, self.uri, quiet=True) == 0:
            return
        _hdfs("-rm", "-f", self.uri, quiet=True)  # one of an earlier run, over which -mv does not go
        if status := _hdfs("-mv", self.temporary, self.uri):
            raise TransferError(self.uri, f"hdfs dfs -mv ended with status {status}", "see its message")

    def abort(self) -> None:
        """Kill the command before its input ends: at an end it would give the file its name."""
        assert self.process.stdin
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
            _hdfs("-rm", "-f", f"{self.temporary}._COPYING_", quiet=True)
        self.process.stdin.close()


def _hdfs(*words: str, quiet: bool = False) -> int:
    """The exit status of a command of `hdfs dfs`; quiet: what it says of a failure is not shown."""
    import subprocess

    told = subprocess.DEVNULL if quiet else None
    try:
        command = ["hdfs", "dfs", *words]
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=told).returncode
    except FileNotFoundError:
        raise UnavailableError(words[-1], "needs the hdfs command", "install a Hadoop client") from None


class _RemoteLog:
    """A growing file where none can grow: it is written anew, with each blob at first, later less often.

    Blobs that it does not tell of yet are made again by a run that goes on.
    """

    def __init__(self, remote: Remote, name: str, data: bytes) -> None:
        self.remote, self.name = remote, name
        self.lines = [data]
        self.size = len(data)
        self.unsaved = 0
        self.flush()

    def add(self, lines: bytes) -> None:
        self.lines.append(lines)
        self.size += len(lines)
        self.unsaved += 1
        if self.size < EVERY or self.unsaved >= TIMES:
            self.flush()

    def flush(self) -> None:
        self.remote.put(self.name, b"".join(self.lines))
        self.unsaved = 0

    def close(self) -> None:
        pass


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
