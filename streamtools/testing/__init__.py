"""Testing jobs: `from streamtools.testing import run`.

    def test_words():
        result = run(job, "to be or not to be")
        assert dict(result.pairs) == {"be": 2, "not": 1, "or": 1, "to": 2}

A job or flow runs in this process, in milliseconds, with two map and two reduce tasks, the values of each key in a
random order, with and without its combiner. Exceptions are those of the job's own functions.
"""

from streamtools.testing.commands import run_command
from streamtools.testing.failures import JobFailed
from streamtools.testing.hadoop import assert_same_as_hadoop
from streamtools.testing.jobs import run
from streamtools.testing.result import Result

__all__ = ["JobFailed", "Result", "assert_same_as_hadoop", "run", "run_command"]
