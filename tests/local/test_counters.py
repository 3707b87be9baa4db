"""Counters: lines of stderr that increment them, their names and limits, and how they are printed."""

import pytest

from streamtools.errors import DataError
from streamtools.local.counters import NAMESAKE, Counters, format_counters, parse_counter, wrap

TOLD = [
    (b"G,name,5", ("G", "name", 5)),
    (b"G,neg,-4", ("G", "neg", -4)),
    (b"G,plus,+6", ("G", "plus", 6)),
    (b" G,tr,8  ", ("G", "tr", 8)),
    (b"G,e,1,", ("G", "e", 1)),
    (b",empty,5", ("", "empty", 5)),
    (b"G,,5", ("G", "", 5)),
    (b"G,sp, 7", None),
    (b"G,c,1,2", None),
    (b"G,two", None),
    (b"G,x,1.5", None),
    (b"G,over,9223372036854775808", None),
    (b"org.apache.hadoop.mapreduce.TaskCounter,MAP_INPUT_RECORDS,2", ("Map-Reduce Framework", "Map input records", 2)),
]


@pytest.mark.parametrize("text, told", TOLD)
def test_counter_lines(text, told):
    assert parse_counter(b"reporter:counter:" + text, b"reporter:") == told


def test_counters_are_printed_by_groups():
    counters = Counters({("Map-Reduce Framework", "Map input records"): 3, ("My", "b"): 1, ("My", "a"): 2})
    assert (
        format_counters(counters)
        == "Counters: 3\n\tMap-Reduce Framework\n\t\tMap input records=3\n\tMy\n\t\ta=2\n\t\tb=1"
    )


@pytest.mark.parametrize(
    "line, amount",
    [
        ("G,c,\u0663", 3),  # digits of any script
        ("G,c,\uff11\uff12", 12),
        ("\x01G,c,1\x01", 1),
        ("G,c,\xb2", None),
        ("G,c,9223372036854775807", (1 << 63) - 1),
        ("G,c,9223372036854775808", None),
    ],
)
def test_amounts_of_counters(line, amount):
    told = parse_counter(b"reporter:counter:" + line.encode(), b"reporter:")
    assert (told and told.amount) == amount


def test_counters_have_64_bits():
    assert wrap({("G", "c"): 2 * ((1 << 63) - 1), ("G", "d"): -(1 << 63)}) == {
        ("G", "c"): -2,
        ("G", "d"): -(1 << 63),
    }


def test_counters_of_the_framework_have_names():
    line = b"reporter:counter:org.apache.hadoop.mapreduce.TaskCounter,%s,1"
    assert parse_counter(line % b"FAILED_SHUFFLE", b"reporter:") == ("Map-Reduce Framework", "Failed Shuffles", 1)
    with pytest.raises(DataError, match="No enum constant"):
        parse_counter(line % b"failed_shuffle", b"reporter:")


def test_a_group_called_like_the_frameworks_is_another_one():
    told = parse_counter(b"reporter:counter:Map-Reduce Framework,n,1", b"reporter:")
    assert told == (f"Map-Reduce Framework{NAMESAKE}", "n", 1)
    assert format_counters({told[:2]: 1}) == "Counters: 1\n\tMap-Reduce Framework\n\t\tn=1"


def test_long_names_of_counters_are_cut():
    told = parse_counter(b"reporter:counter:" + b"g" * 129 + b"," + b"n" * 65 + b",1", b"reporter:")
    assert told == ("g" * 127, "n" * 63, 1)


def test_too_many_groups_of_counters(run_job):
    code = "import sys\nfor n in range(51): print(f'reporter:counter:g{n},n,1', file=sys.stderr)\nsys.stdin.read()"
    assert not run_job("-input i -mapper 'python3 e' -reducer NONE", i=b"", e=code.encode()).succeeded
