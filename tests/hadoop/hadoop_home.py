"""The real Hadoop that install.sh has installed, and a JVM of it that runs one job after another."""

import contextlib
import os
import re
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent


def hadoop_home() -> Path:
    """Return where install.sh puts Hadoop: $STREAMTOOLS_HADOOP, else a directory in the user's cache."""
    version = re.search(r"<hadoop.version>(.*)<", (HERE / "pom.xml").read_text())
    assert version, "pom.xml names no hadoop.version"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("STREAMTOOLS_HADOOP") or cache / "streamtools" / f"hadoop-{version[1]}")


def is_installed() -> bool:
    """Return whether `make hadoop` has done its work."""
    return (hadoop_home() / "classes/built").exists()


@contextlib.contextmanager
def running_cluster() -> Iterator[dict[str, str]]:
    """Start HDFS and YARN, unless they run already; yield what a client has in its environment; stop what was started.

    Raises RuntimeError if they do not start.
    """
    cluster = HERE / "cluster.sh"
    was_running = subprocess.run([cluster, "check"], capture_output=True).returncode == 0
    told = subprocess.run([cluster, "start"], capture_output=True, text=True, timeout=150)
    if told.returncode:
        raise RuntimeError(told.stderr)
    try:
        path = f"{hadoop_home() / 'bin'}{os.pathsep}{os.environ['PATH']}"
        yield {**os.environ, "HADOOP_CONF_DIR": str(hadoop_home() / "cluster/conf"), "PATH": path}
    finally:
        if not was_running:
            subprocess.run([cluster, "stop"], capture_output=True, timeout=60)


def streaming_jar(home: Path) -> Path:
    return next((home / "share/hadoop/tools/lib").glob("hadoop-streaming-*.jar"))


class Ended(NamedTuple):
    """How a job ended: the client's exit status and what it wrote."""

    status: int
    stdout: bytes
    stderr: bytes


class WarmHadoop:
    """A JVM that runs one job at a time in the directory `work`.

    `hadoop jar` takes 1.4 s to start; a job in a warm JVM takes 0.1 s. A JVM cannot change its directory, so the files
    of each job are moved in and out.
    """

    def __init__(self, home: Path, work: Path, environment: dict[str, str]) -> None:
        self.work = work
        work.mkdir(parents=True)
        classes = [home / "classes", home / "etc/hadoop", home / "share/hadoop/common/lib/*", streaming_jar(home)]
        self.process = subprocess.Popen(
            [
                "java",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx1g",
                "-Djava.security.manager=allow",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                f"-Djava.io.tmpdir={work.parent}",
                f"-Dhadoop.tmp.dir={work.parent}/hadoop",
                "-classpath",
                ":".join(map(str, classes)),
                "WarmJobs",
            ],
            cwd=work,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> "WarmHadoop":
        return self

    def __exit__(self, *exc: object) -> None:
        self.process.communicate()

    def run(self, folder: Path, args: list[str]) -> Ended:
        """Run the streaming job ARGS on the files of `folder`; its output is moved there."""
        move_all(folder, self.work)
        try:
            return self.ask(args)
        finally:
            move_all(self.work, folder)

    def ask(self, args: list[str]) -> Ended:
        """Send a job to the JVM and wait for its end. Raises RuntimeError if the JVM itself ended."""
        to, back = self.process.stdin, self.process.stdout
        assert to and back

        def number() -> int:
            data = back.read(4)
            if len(data) < 4:
                raise RuntimeError(f"the JVM ended with status {self.process.wait()} while running {args}")
            return int.from_bytes(data, "big", signed=True)

        words = [os.fsencode(word) for word in args]
        to.write(struct.pack(">i", len(words)) + b"".join(struct.pack(">i", len(word)) + word for word in words))
        to.flush()
        return Ended(number(), back.read(number()), back.read(number()))


def move_all(source: Path, target: Path) -> None:
    for path in source.iterdir():
        shutil.move(path, target / path.name)
