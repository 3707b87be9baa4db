"""What is said of a task that failed by no fault of its command."""

import errno
import os

import pytest

from streamtools.job import build_job, parse
from streamtools.local.describe import explain
from streamtools.local.tasks.outcome import Failed
from streamtools.local.tasks.task import Task

FULL = os.strerror(errno.ENOSPC)
ERRORS = [
    (OSError(errno.ENOSPC, FULL), "-output out", "failed: no space left on device; free some for /work or for out, or"),
    (OSError(errno.ENOSPC, FULL), "-output -", "failed: no space left on device; free some for /work, or name another"),
    (OSError(errno.EIO, os.strerror(errno.EIO), "/data/x"), "-output out", "failed: /data/x: input/output error"),
]


@pytest.mark.parametrize(("error", "output", "told"), ERRORS)
def test_an_error_of_the_machine_is_told_with_a_place_and_what_to_try(error, output, told):
    job = build_job(parse(["-input", "in", "-mapper", "cat", *output.split()]), stdout=True)
    failure = explain(job, Task(False, 0, ""), "attempt", Failed(error), "/work/log.stderr", True)
    assert told in failure.summary
    assert ("--work-dir" in failure.summary) == (error.errno == errno.ENOSPC)
