"""What is said of a task that failed by no fault of its command."""

import errno
import os

import pytest

from streamtools.job import build_job, parse
from streamtools.local.describe import explain
from streamtools.local.reporting.failures import advise
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


HINTS = {  # the last line of a traceback -> what to try
    "ValueError: not enough values to unpack (expected 2, got 1)": "a line had 1 field: an empty line, or no TAB; try",
    "ValueError: not enough values to unpack (expected 6, got 3)": "a line had only 3 fields; leave out such lines",
    "ValueError: too many values to unpack (expected 2)": 'a line had more fields; try split("\\t", 1)',
    "EOFError: EOF when reading a line": "read the input with: for line in sys.stdin",
    "MemoryError": "it had no memory left; keep less of the input, or try fewer --jobs",
    "ValueError: invalid literal for int() with base 10: 'x'": "if a record is bad, --skip-bad N",
    "ModuleNotFoundError: No module named 'numpy'": "install numpy, or ship it with -files numpy.py",
    "AttributeError: x": "",
}


@pytest.mark.parametrize("last", HINTS)
def test_hints(last):
    assert advise(["Traceback (most recent call last):", last], "").startswith(HINTS[last])
    assert bool(advise([last], "")) == bool(HINTS[last])
