"""A mapper for --manifest, run on a node: reads names of inputs on stdin, runs the job's mapper over each one decoded.

    python3 -m streamtools.cluster.decoding_mapper MAPPER...        becomes -mapper

A stream format (.gz, .bz2, .xz, .zst, .lz4) is decoded while `hadoop fs -cat` reads it, and is never stored on the
node's disk. A .7z archive has its list of members at the end, and only Java programs can seek in HDFS: archives, and
files without such a suffix, are copied to the task's directory, decoded from there, and removed.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from streamtools.errors import DataError, NoInputError, StreamtoolsError, UnavailableError
from streamtools.inputs import open_inputs
from streamtools.inputs.codecs import CODECS

STATUS_INTERVAL = 30  # seconds between two status messages; YARN ends a task that is silent for 600
STREAMS = tuple(suffix for codec in CODECS.values() for suffix in codec.suffixes)
HOMES = ("HADOOP_HOME", "HADOOP_COMMON_HOME", "HADOOP_HDFS_HOME", "HADOOP_MAPRED_HOME")


def main(mapper: Sequence[str]) -> int:
    """Run the mapper over each input named on stdin. Return the first exit status that is not 0, else 0."""
    try:
        for line in sys.stdin.buffer:
            uri = os.fsdecode(line.rstrip(b"\r\n"))
            if uri and (status := map_input(uri, mapper)):
                return status
    except StreamtoolsError as error:
        print(f"streamtools: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def map_input(uri: str, mapper: Sequence[str]) -> int:
    """Run the mapper over one input, with the environment of a map task of that file. Return its exit status."""
    name = os.path.abspath(f"fetched-{os.getpid()}-{os.path.basename(uri)}")
    opened = _pipe_as if name.lower().endswith(STREAMS) else _copy_as
    environment = {**os.environ, "mapreduce_map_input_file": uri, "map_input_file": uri}
    try:
        with _start(mapper, environment) as child:
            assert child.stdin
            try:
                with opened(uri, name):
                    for block in _with_status(open_inputs([name]), uri):
                        child.stdin.write(block)
                child.stdin.close()
            except BrokenPipeError:
                print(f"streamtools: {uri}: the mapper ended before it had read all of it", file=sys.stderr)
                return child.wait() or os.EX_IOERR
            except BaseException:
                child.kill()
                with suppress(BrokenPipeError):  # a small block may still be buffered
                    child.stdin.close()
                raise
            return child.wait()
    except StreamtoolsError as error:
        raise type(error)(error.place.replace(name, uri), error.problem, error.remedy) from None


def _start(mapper: Sequence[str], environment: "dict[str, str]") -> "subprocess.Popen[bytes]":
    """Start the mapper, to be fed through its stdin. Raises UnavailableError."""
    try:
        return subprocess.Popen(mapper, stdin=subprocess.PIPE, env=environment)
    except OSError as error:
        problem = f"cannot be run as the mapper: {error.strerror}"
        raise UnavailableError(mapper[0], problem, "name a program that the nodes have, or ship it: --file") from None


@contextmanager
def _pipe_as(uri: str, name: str) -> Iterator[None]:
    """Let `name` be a pipe that yields the bytes of an input. Raises NoInputError with Hadoop's message.

    A failed transfer is an error even if all that came of it can be decoded. It is reported instead of the damage that
    the missing rest causes.
    """
    from tempfile import TemporaryFile

    with TemporaryFile() as stderr, subprocess.Popen(
        [hadoop_command(), "fs", "-cat", uri], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr
    ) as cat:  # fmt: skip
        assert cat.stdout
        try:
            os.symlink(f"/dev/fd/{cat.stdout.fileno()}", name)  # keeps the suffix, which tells the format
            try:
                yield
            except DataError:
                if cat.stdout.read(1) or not cat.wait():
                    raise
            if cat.wait():
                stderr.seek(0)
                raise _not_fetched(uri, cat.returncode, stderr.read())
        finally:
            cat.kill()
            if os.path.lexists(name):
                os.remove(name)


@contextmanager
def _copy_as(uri: str, name: str) -> Iterator[None]:
    """Let `name` be a copy of an input inside the with-block. Raises as `fetch`."""
    try:
        fetch(uri, name)
        yield
    finally:
        if os.path.exists(name):
            os.remove(name)


def fetch(uri: str, name: str) -> None:
    """Copy an input to the file `name` with the node's own Hadoop. Raises NoInputError with its message."""
    command = [hadoop_command(), "fs", "-get", uri, name]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as get:
        while True:
            try:
                stderr = get.communicate(timeout=STATUS_INTERVAL)[1]
                break
            except subprocess.TimeoutExpired:
                _report_status(f"fetching {uri}")
    if get.returncode:
        raise _not_fetched(uri, get.returncode, stderr)


def _not_fetched(uri: str, code: int, stderr: bytes) -> NoInputError:
    """Return the error for an input that Hadoop did not deliver, with the last line of its message."""
    lines = stderr.decode("utf-8", "replace").strip().splitlines() or [f"status {code}"]
    return NoInputError(uri, f"cannot be fetched: {lines[-1]}")


def hadoop_command() -> str:
    """Return the node's hadoop command. Raises UnavailableError."""
    folders = [os.path.join(os.environ[home], "bin") for home in HOMES if os.environ.get(home)]
    found = shutil.which("hadoop", path=os.pathsep.join([os.environ.get("PATH", ""), *folders]))
    if not found:
        raise UnavailableError("hadoop", "not found on this node's PATH", "set HADOOP_HOME for tasks")
    return found


def _with_status(blocks: Iterator[bytes], uri: str) -> Iterator[bytes]:
    """Yield the blocks, and report the task's status now and then, so that YARN does not take it for stuck."""
    size, last = 0, time.monotonic()
    for block in blocks:
        yield block
        size += len(block)
        if time.monotonic() - last > STATUS_INTERVAL:
            last = time.monotonic()
            _report_status(f"{uri}: {size / 1e6:,.0f} MB decoded")


def _report_status(text: str) -> None:
    print(f"reporter:status:{text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
