"""A trial: tools run in folders of their own, with all that is needed to see what they leave behind.

A trial's random choices depend on the seed of the run, the test and the number of the case, and on nothing else.
"""

import os
import random
import resource
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from places import BIN

MARK = "STREAMTOOLS_TRIAL"  # variable in the environment of every process of a trial
HANG = 40  # seconds after which a tool hangs: many times what any of these runs takes on a busy machine
GRACE = 10  # seconds in which the processes of a tool that was killed must have ended
TICK = 0.005  # seconds between two looks
Limits = Mapping[int, int]  # resource.RLIMIT_... -> value


@dataclass(frozen=True)
class Ran:
    """A run of a tool that has ended. status: negative for a signal, None if it had to be killed as it hung."""

    words: Sequence[str | bytes]
    status: int | None
    stdout: bytes
    stderr: bytes

    @property
    def told(self) -> str:
        """All that it wrote to stderr."""
        return self.stderr.decode("utf-8", "backslashreplace")


@dataclass
class Trial:
    """Folders, random numbers and processes of one case.

    here: the current directory; tmp: TMPDIR; outside: what no tool may touch; log: the commands that were run.
    """

    root: Path
    rng: random.Random
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for path in (self.here, self.tmp, self.outside):
            path.mkdir(parents=True)
        for name in ("victim", "keep/inner"):
            (self.outside / name).parent.mkdir(exist_ok=True)
            (self.outside / name).write_bytes(b"SECRET\n")
            (self.outside / name).chmod(0o640)

    @property
    def here(self) -> Path:
        """The current directory, deep enough for names that climb."""
        return self.root / "1/2/3/4/5/6/here"

    @property
    def tmp(self) -> Path:
        """What TMPDIR names."""
        return self.root / "tmp"

    @property
    def outside(self) -> Path:
        """A folder that no tool may read, write or remove: `../outside` of `here`."""
        return self.here.parent / "outside"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the trial's processes."""
        kept = {name: os.environ[name] for name in ("HOME", "USER", "LANG") if name in os.environ}
        path = os.pathsep.join([str(BIN), os.path.dirname(sys.executable), os.environ["PATH"]])
        return {**kept, "PATH": path, "TMPDIR": str(self.tmp), MARK: str(self.root), "COLUMNS": "100"}

    def start(
        self,
        words: Sequence[str | bytes],
        limits: Limits | None = None,
        before: Callable[[], object] | None = None,
        stdin: int = subprocess.DEVNULL,
        stdout: int = subprocess.PIPE,
        **variables: str,
    ) -> "subprocess.Popen[bytes]":
        """Start a tool of ours in a session of its own. before: called in its process."""

        def prepare() -> None:
            for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
                signal.signal(number, signal.SIG_DFL)
            for limit, value in (limits or {}).items():
                resource.setrlimit(limit, (value, value))
            if before:
                before()

        self.log.append(describe(words, limits))
        return subprocess.Popen(
            [BIN / os.fsdecode(words[0]), *words[1:]],
            cwd=self.here,
            env={**self.environment, **variables},
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=prepare,
        )

    def run(
        self,
        words: Sequence[str | bytes],
        input: bytes | None = None,
        limits: Limits | None = None,
        before: Callable[[], object] | None = None,
        stdout: int = subprocess.PIPE,
        **variables: str,
    ) -> Ran:
        """Run a tool to its end."""
        stdin = subprocess.DEVNULL if input is None else subprocess.PIPE
        return finish(self.start(words, limits, before, stdin, stdout, **variables), words, input)

    def processes(self) -> list[int]:
        """Return the processes of this trial that run, wherever they have gone."""
        mark = os.fsencode(f"{MARK}={self.root}")
        found = []
        for name in os.listdir("/proc"):
            if name.isdigit() and int(name) != os.getpid():
                with suppress(OSError):
                    if mark in Path("/proc", name, "environ").read_bytes().split(b"\0") and not is_zombie(int(name)):
                        found.append(int(name))
        return sorted(found)

    def wait_for_processes(self) -> list[int]:
        """Wait until all processes of this trial have ended; return those that have not."""
        wait_until(lambda: not self.processes(), GRACE)
        return self.processes()

    def end(self) -> None:
        """Kill what still runs."""
        while left := self.processes():
            for pid in left:
                send(pid, signal.SIGKILL)


def describe(words: Sequence[str | bytes], limits: Limits | None = None) -> str:
    """Return a command line as a shell takes it."""
    names = {resource.RLIMIT_NOFILE: "nofile", resource.RLIMIT_AS: "as", resource.RLIMIT_FSIZE: "fsize"}
    prefix = [f"prlimit --{names[limit]}={value}" for limit, value in (limits or {}).items()]
    text = " ".join([*prefix, *(shlex.quote(os.fsdecode(word)) for word in words)])
    return os.fsencode(text[:4000]).decode("utf-8", "backslashreplace")


def finish(process: "subprocess.Popen[bytes]", words: Sequence[str | bytes], input: bytes | None = None) -> Ran:
    """Wait for a tool; kill it, and all in its session, if it hangs."""
    status: int | None
    try:
        stdout, stderr = process.communicate(input, timeout=HANG)
        status = process.returncode
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        stdout, stderr, status = b"", b"", None
        with suppress(subprocess.TimeoutExpired):
            stdout, stderr = process.communicate(timeout=GRACE)
    return Ran(words, status, stdout or b"", stderr)


def wait_until(is_true: Callable[[], object], seconds: float = HANG) -> bool:
    """Look again and again whether something holds; return whether it did within a time."""
    end = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > end:
            return False
        time.sleep(TICK)
    return True


def send(pid: int, number: int) -> None:
    """Send a signal to a process that may have ended."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def is_zombie(pid: int) -> bool:
    """Return whether a process has ended, and its parent has not yet asked how."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] in b"ZX"
    except OSError:
        return True


def children(pid: int) -> list[int]:
    """Return what a process has started."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def offsets(pid: int, path: Path) -> list[int]:
    """Return how far a process has read a file, for each time that it has it open."""
    return [offset for name, offset in open_files(pid) if name == str(path)]


def has_open(pid: int, place: Path) -> bool:
    """Return whether a process has a file open, or one in this folder."""
    return any(name == str(place) or name.startswith(f"{place}/") for name, _ in open_files(pid))


def open_files(pid: int) -> list[tuple[str, int]]:
    """Return the names of the files that a process has open, each with how far it has come in it."""
    found = []
    with suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                offset = int(Path(f"/proc/{pid}/fdinfo/{name}").read_text().split()[1])
                found.append((os.readlink(f"/proc/{pid}/fd/{name}"), offset))
    return found
