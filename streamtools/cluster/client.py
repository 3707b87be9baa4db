"""The real job client as a child: its progress passed on, its end explained."""

import os
import re
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from streamtools.cluster.explain import Failure, application, failure, without_frames

KEPT = 5_000  # lines of the client's output, the last ones, that are searched for the reason of a failure
PATIENCE = 30  # seconds for the logs of a job that has ended to be gathered


class Ended(NamedTuple):
    """How a client ended: exit status, the application whose logs there are, and the reason where it failed."""

    status: int
    application: str
    failure: "Failure | None"


def run(argv: Sequence[str], write: Callable[[bytes], object], *, frames: bool = False) -> Ended:
    """Run a job client; lines of its stderr are written as they come, less Java's stack frames, its stdout to stderr.

    When this is interrupted, the client is ended, and it is told how to end what goes on on the cluster.
    """
    kept: deque[bytes] = deque(maxlen=KEPT)
    with subprocess.Popen(argv, stdout=2, stderr=subprocess.PIPE) as child:
        assert child.stderr
        try:
            for line in child.stderr if frames else without_frames(child.stderr):
                kept.append(line)
                write(line)
            status = child.wait()
        except BaseException:
            child.terminate()
            if name := application(_text(kept)):
                write(f"the job goes on; to end it: yarn application -kill {name}\n".encode())
            raise
    told = _text(kept)
    name = application(told)
    if not status:
        return Ended(0, name, None)
    logs = fetched_logs(argv[0], name) if name and "application_" in name and "job_local" not in told else ""
    return Ended(status, name if logs else "", failure(told, logs))


def _text(lines: Iterable[bytes]) -> str:
    return b"".join(lines).decode("utf-8", "replace")


def fetched_logs(hadoop: str, name: str) -> str:
    """The stderr of all attempts of an application, "" where there is no `yarn` or no log within PATIENCE."""
    import shutil

    beside = os.path.join(os.path.dirname(hadoop), "yarn")
    yarn = beside if os.path.dirname(hadoop) and os.path.exists(beside) else shutil.which("yarn")
    if not yarn:
        return ""
    end = time.monotonic() + PATIENCE
    while True:
        command = [yarn, "logs", "-applicationId", name, "-log_files", "stderr"]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        if re.search(r"^LogType: ?stderr", done.stdout, re.MULTILINE) or time.monotonic() > end:
            return done.stdout
        time.sleep(1)  # logs are gathered once all containers have ended
