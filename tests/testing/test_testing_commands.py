"""streamtools.testing.run_command: scripts as stages (testing/commands)."""

import doctest
import os
import tempfile
from pathlib import Path

import pytest

import streamtools.testing.commands
from streamtools.errors import StreamtoolsError, UsageError
from streamtools.testing import JobFailed, run_command

ONE_MAP = "-D mapreduce.job.maps=1"
TEXT = "to be or not\nto be\n"
COUNTING = """
import itertools, sys
for key, lines in itertools.groupby(sys.stdin, lambda line: line.split("\\t")[0]):
    print(key, sum(int(line.split("\\t")[1]) for line in lines), sep="\\t")
    print("reporter:counter:my,keys,1", file=sys.stderr)
    print("at", key, file=sys.stderr)
"""


def test_the_tools_as_stages():
    result = run_command("st-map words", TEXT, combiner="st-combine", reducer="st-reduce")
    assert dict(result.pairs) == {"to": "2", "be": "2", "or": "1", "not": "1"}
    assert result.counters["Map-Reduce Framework", "Shuffled Maps "] >= 4


@pytest.mark.slow
def test_own_scripts(folder):
    Path("map.py").write_text(
        "import sys\nfor line in sys.stdin:\n  for word in line.split(): print(word, 1, sep='\\t')"
    )
    Path("reduce.py").write_text(COUNTING)
    reduce = ["python3", "reduce.py"]
    result = run_command("python3 map.py", TEXT, combiner=reduce, reducer="python3 reduce.py", options=ONE_MAP)
    assert dict(result.pairs) == {"to": "2", "be": "2", "or": "1", "not": "1"}
    assert result.counters["my", "keys"] >= 4 and "at to\n" in result.stderr
    assert sorted(os.listdir()) == ["map.py", "reduce.py"] and os.listdir(tempfile.gettempdir()) == []


def test_a_mapper_alone():
    assert run_command("grep -v or", TEXT, options=ONE_MAP).lines == ["to be\t"]
    assert run_command(["grep", "to be or"], TEXT, options=ONE_MAP).pairs == [("to be or not", "")]


def test_options_and_files(folder):
    result = run_command("cat side", "x\n", files={"side": "b\t2\na\t1\n"}, options=ONE_MAP)
    assert result.pairs == [("b", "2"), ("a", "1")] and os.listdir() == []
    Path("side").write_text("")
    with pytest.raises(UsageError, match="side: is in the present directory"):
        run_command("cat side", "x\n", files={"side": "b\n"})


def test_a_combiner_that_changes_the_result(folder):
    Path("count.py").write_text(
        COUNTING.replace('sum(int(line.split("\\t")[1]) for line in lines)', "len(list(lines))")
    )
    with pytest.raises(AssertionError, match="with the combiner"):
        run_command("st-map words", "a a\n", combiner="python3 count.py", reducer="python3 count.py")


def test_failures(folder):
    Path("failing.py").write_text("import sys\nsys.stdin.read()\nprint(1 / 0)\n")
    with pytest.raises(JobFailed, match=r"(?s)mapper: subprocess failed with code 1.*ZeroDivisionError") as raised:
        run_command("python3 failing.py", "a\n", seed=4)
    assert "seed=4" in raised.value.__notes__[0]
    with pytest.raises(StreamtoolsError, match='Cannot run program "no-such-program"'):
        run_command("no-such-program", "a\n")


def test_the_docstrings_examples_run():
    done = doctest.testmod(streamtools.testing.commands)
    assert done.attempted and done.failed == 0
