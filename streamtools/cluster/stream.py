"""On a node: read names of inputs on stdin, and run the mapper once over the decoded content of each.

    python3 -m streamtools.cluster.stream MAPPER...        what --manifest makes of -mapper

A stream format (.gz, .bz2, .xz, .zst, .lz4) is decoded as `hadoop fs -cat` gives it, and never lies on the node's disk.
A .7z has its list of members at its end, and HDFS gives no program but Java's a way to seek: that, and what has no such
name, is fetched into the task's own directory, decoded as a stream from there, and removed.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from streamtools.errors import DataError, NoInputError, StreamtoolsError, UnavailableError
from streamtools.inputs import open_inputs
from streamtools.inputs.codecs import CODECS

BEAT = 30  # seconds between two signs of life; YARN's patience is 600
STREAMS = tuple(suffix for codec in CODECS.values() for suffix in codec.suffixes)
HOMES = ("HADOOP_HOME", "HADOOP_COMMON_HOME", "HADOOP_HDFS_HOME", "HADOOP_MAPRED_HOME")


def main(mapper: Sequence[str]) -> int:
    """Run the mapper over each input that stdin names; its exit status, the first that is not 0."""
    try:
        for line in sys.stdin.buffer:
            uri = os.fsdecode(line.rstrip(b"\r\n"))
            if uri and (status := over(uri, mapper)):
                return status
    except StreamtoolsError as error:
        print(f"streamtools: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def over(uri: str, mapper: Sequence[str]) -> int:
    """Run the mapper over one input, as the map task of a file would; return its exit status."""
    name = os.path.abspath(f"fetched-{os.getpid()}-{os.path.basename(uri)}")
    packed = piped if name.lower().endswith(STREAMS) else fetched
    environment = {**os.environ, "mapreduce_map_input_file": uri, "map_input_file": uri}
    try:
        with started(mapper, environment) as child:
            assert child.stdin
            try:
                with packed(uri, name):
                    for block in alive(open_inputs([name]), uri):
                        child.stdin.write(block)
                child.stdin.close()
            except BrokenPipeError:
                print(f"streamtools: {uri}: the mapper ended before it had read all of it", file=sys.stderr)
                return child.wait() or os.EX_IOERR
            except BaseException:
                child.kill()
                with suppress(BrokenPipeError):  # a small block may be in the buffer still
                    child.stdin.close()
                raise
            return child.wait()
    except StreamtoolsError as error:
        raise type(error)(error.place.replace(name, uri), error.problem, error.remedy) from None


def started(mapper: Sequence[str], environment: "dict[str, str]") -> "subprocess.Popen[bytes]":
    """The mapper as a child that reads what is written to it; raises UnavailableError."""
    try:
        return subprocess.Popen(mapper, stdin=subprocess.PIPE, env=environment)
    except OSError as error:
        problem = f"cannot be run as the mapper: {error.strerror}"
        raise UnavailableError(mapper[0], problem, "name a program that the nodes have, or ship it: --file") from None


@contextmanager
def piped(uri: str, name: str) -> Iterator[None]:
    """`name` leads to a pipe that the node's Hadoop writes an input into; raises NoInputError with its words.

    A stream that ends too early is an error even where what came of it can be decoded, and is told before any damage
    that comes of the missing rest.
    """
    from tempfile import TemporaryFile

    with TemporaryFile() as told, subprocess.Popen(
        [hadoop(), "fs", "-cat", uri], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=told
    ) as cat:  # fmt: skip
        assert cat.stdout
        try:
            os.symlink(f"/dev/fd/{cat.stdout.fileno()}", name)  # with the input's own suffix: it promises a format
            try:
                yield
            except DataError:
                if cat.stdout.read(1) or not cat.wait():
                    raise
            if cat.wait():
                told.seek(0)
                raise not_fetched(uri, cat.returncode, told.read())
        finally:
            cat.kill()
            if os.path.lexists(name):
                os.remove(name)


@contextmanager
def fetched(uri: str, name: str) -> Iterator[None]:
    """`name` is a copy of an input for as long as it is needed; errors as `fetch`."""
    try:
        fetch(uri, name)
        yield
    finally:
        if os.path.exists(name):
            os.remove(name)


def fetch(uri: str, name: str) -> None:
    """Copy an input to the file `name` by the node's own Hadoop; raises NoInputError with its words."""
    with subprocess.Popen([hadoop(), "fs", "-get", uri, name], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as get:
        while True:
            try:
                told = get.communicate(timeout=BEAT)[1]
                break
            except subprocess.TimeoutExpired:
                status(f"fetching {uri}")
    if get.returncode:
        raise not_fetched(uri, get.returncode, told)


def not_fetched(uri: str, code: int, told: bytes) -> NoInputError:
    """The error for an input that Hadoop did not give, with the last of its words."""
    lines = told.decode("utf-8", "replace").strip().splitlines() or [f"status {code}"]
    return NoInputError(uri, f"cannot be fetched: {lines[-1]}")


def hadoop() -> str:
    """The node's hadoop command; raises UnavailableError."""
    import shutil

    folders = [os.path.join(os.environ[home], "bin") for home in HOMES if os.environ.get(home)]
    found = shutil.which("hadoop", path=os.pathsep.join([os.environ.get("PATH", ""), *folders]))
    if not found:
        raise UnavailableError("hadoop", "is not on this node's PATH", "set HADOOP_HOME for tasks")
    return found


def alive(blocks: Iterator[bytes], uri: str) -> Iterator[bytes]:
    """The same blocks; now and then the task's status is told, or YARN takes a long decoding for a standstill."""
    given, last = 0, time.monotonic()
    for block in blocks:
        yield block
        given += len(block)
        if time.monotonic() - last > BEAT:
            last = time.monotonic()
            status(f"{uri}: {given / 1e6:,.0f} MB decoded")


def status(text: str) -> None:
    print(f"reporter:status:{text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
