"""Built-in stages as values: what a command line stands for, and which properties it has."""

import pytest

from streamtools.cli import st_combine, st_map, st_reduce
from streamtools.reporter import Reporter


@pytest.mark.parametrize("argv", [[], ["sum"], ["--on-error", "skip"]], ids=" ".join)
@pytest.mark.parametrize("tool", [st_combine, st_reduce], ids=lambda tool: tool.__name__)
def test_the_sum_says_that_it_sums_values(tool, argv):
    stage = tool.parse(argv, Reporter())
    assert stage.sums_values
    assert b"".join(stage([b"a\t1\na\t2\n", b"b\t5\n"])) == b"a\t3\nb\t5\n"


@pytest.mark.parametrize(
    ("tool", "argv"),
    [(st_reduce, "count"), (st_reduce, "distinct"), (st_combine, "mean"), (st_combine, "min"), (st_map, "words")],
    ids=str,
)
def test_other_stages_do_not(tool, argv):
    assert not tool.parse([argv], Reporter()).sums_values
