"""On a node: read names of inputs on stdin, and run the mapper once over the decoded content of each.

    python3 -m streamtools.cluster.stream MAPPER...        what --manifest makes of -mapper

A .7z has its list of members at its end, and HDFS gives no program but Java's a way to seek: the packed file is fetched
into the task's own directory, decoded as a stream from there, and removed.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from streamtools.errors import NoInputError, StreamtoolsError, UnavailableError
from streamtools.inputs import open_blocks

BEAT = 30  # seconds between two signs of life; YARN's patience is 600
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
    try:
        fetch(uri, name)
        environment = {**os.environ, "mapreduce_map_input_file": uri, "map_input_file": uri}
        with subprocess.Popen(mapper, stdin=subprocess.PIPE, env=environment) as child:
            assert child.stdin
            try:
                for block in alive(open_blocks([name]), uri):
                    child.stdin.write(block)
                child.stdin.close()
            except BrokenPipeError:
                print(f"streamtools: {uri}: the mapper ended before it had read all of it", file=sys.stderr)
                return child.wait() or os.EX_IOERR
            except BaseException:
                child.kill()
                raise
            return child.wait()
    except StreamtoolsError as error:
        raise type(error)(error.place.replace(name, uri), error.problem, error.remedy) from None
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
        lines = told.decode("utf-8", "replace").strip().splitlines() or [f"status {get.returncode}"]
        raise NoInputError(uri, f"cannot be fetched: {lines[-1]}")


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
