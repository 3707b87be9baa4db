"""What is told of a task that failed by no fault of its command."""

import errno
import os

import pytest

from streamtools.job import build_job, parse
from streamtools.local.reporting.failures import explained
from streamtools.local.tasks.workers import Answer

FULL = os.strerror(errno.ENOSPC)
ERRORS = [
    (OSError(errno.ENOSPC, FULL), "-output out", "failed: no space left on device; free some for /work or for out, or"),
    (OSError(errno.ENOSPC, FULL), "-output -", "failed: no space left on device; free some for /work, or name another"),
    (OSError(errno.EIO, os.strerror(errno.EIO), "/data/x"), "-output out", "failed: /data/x: input/output error"),
]


@pytest.mark.parametrize(("error", "output", "told"), ERRORS)
def test_an_error_of_the_machine_is_told_with_a_place_and_what_to_try(error, output, told):
    job = build_job(parse(["-input", "in", "-mapper", "cat", *output.split()]), stdout=True)
    failure = explained(job, "attempt", None, Answer(0, error=error), "/work/log.stderr", True)
    assert told in failure.told
    assert ("--work-dir" in failure.told) == (error.errno == errno.ENOSPC)
