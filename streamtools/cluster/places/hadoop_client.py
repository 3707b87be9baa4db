"""The job client of a Hadoop installation, run as a child: its progress is passed on, its failure explained."""

import os
import re
import shutil
import subprocess
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from streamtools.cluster.job_counters import parse_counters
from streamtools.cluster.job_failure import Failure, explain_failure, find_application, without_stack_frames

KEPT_LINES = 5_000  # of the client's output, the last ones, that are searched for the reason of a failure
LOG_TIMEOUT = 30  # seconds until the logs of a job that has ended are collected


class Ended(NamedTuple):
    """How a client ended.

    application: its id if its logs were found; failure: the reason if it failed; counters: None if it wrote none.
    """

    status: int
    application: str
    failure: Failure | None
    counters: Counter[tuple[str, str]] | None = None


def run_client(argv: Sequence[str], write: Callable[[bytes], object], *, frames: bool = False) -> Ended:
    """Run a job client. Lines of its stderr go to `write` as they come, its stdout to our stderr.

    frames: also pass on the frames of Java stacks. On an interruption the client is ended, and `write` is given the
    command that ends the job on the cluster.
    """
    kept: deque[bytes] = deque(maxlen=KEPT_LINES)
    with subprocess.Popen(argv, stdout=2, stderr=subprocess.PIPE) as child:
        assert child.stderr
        try:
            for line in child.stderr if frames else without_stack_frames(child.stderr):
                kept.append(line)
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
