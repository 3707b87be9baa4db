"""Testing jobs: `from streamtools.testing import run`.

    def test_words():
        result = run(job, "to be or not to be")
        assert dict(result.pairs) == {"be": 2, "not": 1, "or": 1, "to": 2}

A job or flow runs in this process, in milliseconds, with two map and two reduce tasks, the values of each key in a
random order, with and without its combiner. Exceptions are those of the job's own functions. `run_command` does the
same for scripts; `assert_same_as_hadoop` compares with a real Hadoop.
"""

from typing import TYPE_CHECKING

from streamtools.errors import JobFailed
from streamtools.testing.jobs import run
from streamtools.testing.result import Result

if TYPE_CHECKING:
    from streamtools.testing.commands import run_command
    from streamtools.testing.hadoop import assert_same_as_hadoop

__all__ = ["JobFailed", "Result", "assert_same_as_hadoop", "run", "run_command"]


def __getattr__(name: str) -> object:
    if name == "run_command":  # with click, for the tools in this process
        from streamtools.testing.commands import run_command

        return run_command
    if name == "assert_same_as_hadoop":
        from streamtools.testing.hadoop import assert_same_as_hadoop

        return assert_same_as_hadoop
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
