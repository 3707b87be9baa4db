"""The job client of a Hadoop installation, run as a child: its progress is passed on, its failure explained."""

import os
import re
import shutil
import subprocess
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from streamtools.cluster.job_counters import parse_counters
from streamtools.cluster.job_failure import Failure, explain_failure, find_application, without_stack_frames

KEPT_LINES = 5_000  # of the client's output, the last ones, that are searched for the reason of a failure
LOG_TIMEOUT = 30  # seconds until the logs of a job that has ended are collected
PATIENCE = 60  # seconds after which a job that waits for its first task is remarked on
WAITS = re.compile(rb"Running job: |Submitted application | map 0% reduce 0%")
WORKS = re.compile(rb" map \d+% reduce \d+%|Job \S+ (?:completed|failed)|Task Id : ")
WAITING = b"""\
the job waits for its first task; no node may have the memory that it asks for, or the cluster is full: yarn node -list
"""


class Ended(NamedTuple):
    """How a client ended.

    application: its id if its logs were found; failure: the reason if it failed; counters: None if it wrote none.
    """

    status: int
    application: str
    failure: Failure | None
    counters: Counter[tuple[str, str]] | None = None


def run_client(
    argv: Sequence[str], write: Callable[[bytes], object], *, frames: bool = False, patience: float = PATIENCE
) -> Ended:
    """Run a job client. Lines of its stderr go to `write` as they come, its stdout to our stderr.

    frames: also pass on the frames of Java stacks. patience: seconds after which a job that waits for its first task is
    remarked on. On an interruption the client is ended, and `write` is given the command that ends the job on the
    cluster.
    """
    kept: deque[bytes] = deque(maxlen=KEPT_LINES)
    with _Patience(patience, write) as waiting, subprocess.Popen(argv, stdout=2, stderr=subprocess.PIPE) as child:
        assert child.stderr
        try:
            for line in child.stderr if frames else without_stack_frames(child.stderr):
                kept.append(line)
                waiting.see(line)
                write(line)
            status = child.wait()
        except BaseException:
            child.terminate()
            if name := find_application(_decode(kept)):
                write(f"the job still runs on the cluster; end it with: yarn application -kill {name}\n".encode())
            raise
    output = _decode(kept)
    name = find_application(output)
    if not status:
        return Ended(0, name, None, parse_counters(output))
    logs = fetch_logs(argv[0], name) if name and "application_" in name and "job_local" not in output else ""
    return Ended(status, name if logs else "", explain_failure(output, logs))


class _Patience:
    """Remarks once on a job that waits for its first task for too long, from what its client writes."""

    def __init__(self, seconds: float, write: Callable[[bytes], object]) -> None:
        self.timer = threading.Timer(seconds, write, [WAITING])
        self.timer.daemon = True

    def __enter__(self) -> "_Patience":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.timer.cancel()

    def see(self, line: bytes) -> None:
        """Take note of a line of the client: the job waits, or works."""
        if WAITS.search(line):
            if self.timer.ident is None:
                self.timer.start()
        elif WORKS.search(line):
            self.timer.cancel()


def fetch_logs(hadoop: str, application: str) -> str:
    """Return the stderr of all attempts of an application; "" without a yarn command.

    Logs are collected once all containers have ended; after LOG_TIMEOUT seconds what there is is returned.
    """
    beside = os.path.join(os.path.dirname(hadoop), "yarn")
    yarn = beside if os.path.dirname(hadoop) and os.path.exists(beside) else shutil.which("yarn")
    if not yarn:
        return ""
    end = time.monotonic() + LOG_TIMEOUT
    while True:
        command = [yarn, "logs", "-applicationId", application, "-log_files", "stderr"]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        if re.search(r"^LogType: ?stderr", done.stdout, re.MULTILINE) or time.monotonic() > end:
            return done.stdout
        time.sleep(1)


def _decode(lines: Iterable[bytes]) -> str:
    return b"".join(lines).decode("utf-8", "replace")
