"""Each reducer: what comes in, what goes out; over any cut into blocks; and that combiners change nothing."""

from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.errors import DataError
from streamtools.records import block_of, lines_of, whole_lines
from streamtools.reducers import gathering, join, moments, picking, totals
from streamtools.reducers.numbers import bin_of
from streamtools.reporter import SKIPPED, Reporter


def reduced(reducer, text: bytes, /, **options) -> bytes:
    return b"".join(reducer(whole_lines([text]), **options))


R = {"reporter": Reporter()}
PAIRS = b"a\t3\na\t10\na\t-2\nb\t7\n"


@pytest.mark.parametrize(
    "reducer, options, text, expected",
    [
        (totals.sum_values, R, PAIRS, b"a\t11\nb\t7\n"),
        (totals.sum_values, R, b"", b""),
        (totals.sum_values, R, b"a\t2\na\t2\nb\t2\n", b"a\t4\nb\t2\n"),
        (totals.sum_values, R, b"a\t99999999999999999999\na\t1\n", b"a\t100000000000000000000\n"),
        (totals.sum_values, R, b"a\t0.1\na\t0.2\na\t1\n", b"a\t1.3\n"),
        (totals.sum_values, R, b"a\t1e3\na\t.5\n", b"a\t1000.5\n"),
        (totals.sum_values, R, b"a\t1\r\na\t 2\n", b"a\t3\n"),
        (totals.sum_values, R, b"\t1\n\t1\n", b"\t2\n"),
        (totals.sum_values, R, b"b\t1\na\t1\nb\t1\n", b"b\t1\na\t1\nb\t1\n"),
        (totals.sum_values, R, b"\x00\xff\t1\n", b"\x00\xff\t1\n"),
        (totals.count, {}, b"a\tx\na\tx\na\ty\nb\n", b"a\t3\nb\t1\n"),
        (totals.distinct, {}, b"a\tx\na\ty\nb\n\n", b"a\nb\n\n"),
        (gathering.count_distinct, R, b"a\tx\na\ty\na\tx\nb\tx\n", b"a\t2\nb\t1\n"),
        (picking.minimum, R, PAIRS, b"a\t-2\nb\t7\n"),
        (picking.maximum, R, PAIRS, b"a\t10\nb\t7\n"),
        (picking.maximum, R, b"a\t9\na\t9.50\n", b"a\t9.50\n"),
        (picking.maximum, {**R, "text": True}, PAIRS, b"a\t3\nb\t7\n"),
        (moments.mean, R, PAIRS, b"a\t3.6666666666666667\nb\t7\n"),
        (moments.mean, R, b"a\t0.1\na\t0.2\n", b"a\t0.15\n"),
        (moments.mean, R, b"a\t2:30:10:20:500\na\t0\n", b"a\t10\n"),
        (moments.stats, R, PAIRS, b"a\t3\t11\t-2\t10\t3.6666666666666667\t4.9216076867444669\nb\t1\t7\t7\t7\t7\t0\n"),
        (picking.top, {**R, "size": 2}, PAIRS, b"a\t10\nb\t7\n"),
        (picking.top, {**R, "size": 2, "smallest": True}, PAIRS, b"a\t-2\na\t3\n"),
        (picking.top, {**R, "size": 1, "per_key": True}, PAIRS, b"a\t10\nb\t7\n"),
        (picking.top, {**R, "size": 1, "text": True}, PAIRS, b"b\t7\n"),
        (picking.top, {**R, "size": 2}, b"a\t1\nb\t1\nc\t1\n", b"a\t1\nb\t1\n"),
        (picking.first, {}, PAIRS, b"a\t3\nb\t7\n"),
        (picking.last, {}, PAIRS, b"a\t-2\nb\t7\n"),
        (gathering.collect, {}, PAIRS, b"a\t3,10,-2\nb\t7\n"),
        (gathering.collect, {"separator": b""}, b"a\na\n", b"a\t\n"),
        (gathering.index, {}, b"t\td2\nt\td1\nt\td2\n", b"t\td1,d2\n"),
        (gathering.histogram, R, b"a\tx\na\ty\na\tx\nb\tx\n", b"a\tx\t2\na\ty\t1\nb\tx\t1\n"),
        (gathering.histogram, {**R, "width": 10}, b"a\t3\na\t9.5\na\t10\na\t-1\n", b"a\t-10\t1\na\t0\t2\na\t10\t1\n"),
        (gathering.histogram, {**R, "width": Decimal("0.5")}, b"a\t0.7\na\t-0.1\n", b"a\t-0.5\t1\na\t0.5\t1\n"),
        (gathering.histogram, {**R, "width": Decimal("0.5")}, b"a\t-0.0\na\t0\n", b"a\t0.0\t2\n"),
        (picking.identity, {}, PAIRS, PAIRS),
    ],
)
def test_reducers(reducer, options, text, expected):
    assert reduced(reducer, text, **options) == expected


@pytest.mark.parametrize(
    "value",
    [
        b"x",
        b"",
        b"1_000",
        b"nan",
        b"inf",
        b"1e99999999",
        b"1e-%b" % (b"9" * 30),
        b"0x1",
        b"1 2",
        b"--1",
        b"1:2",
        b"\xff",
    ],
)
@pytest.mark.parametrize(
    "reducer",
    [totals.sum_values, picking.minimum, moments.mean, moments.stats, picking.top],
    ids=lambda r: r.__name__,
)
def test_a_value_that_is_no_number_is_a_bad_record(reducer, value):
    text = b"a\t1\nb\t%b\nb\t2\n" % value
    with pytest.raises(DataError, match=r"stdin:2: .*no"):
        reduced(reducer, text, reporter=Reporter())
    reporter = Reporter(skip=True)
    assert reduced(reducer, text, reporter=reporter) == reduced(reducer, b"a\t1\nb\t2\n", reporter=Reporter())
    assert reporter.counters[SKIPPED] == 1
    assert "stdin:2" in reporter.remarks[0]


def test_a_key_whose_records_are_all_bad_is_left_out():
    for reducer in (totals.sum_values, picking.maximum, moments.mean):
        assert reduced(reducer, b"a\tx\nb\t1\n", reporter=Reporter(skip=True)) == b"b\t1\n"


@pytest.mark.parametrize(
    "reducer, options, text",
    [
        (totals.sum_values, {}, b"a\t1e9000\na\t1e-9000\n"),
        (gathering.histogram, {"width": Decimal("1e-9000")}, b"a\t1e9000\n"),
    ],
)
def test_what_cannot_be_told_exactly_is_refused(reducer, options, text):
    with pytest.raises(DataError, match="10,000 digits"):
        reduced(reducer, text, reporter=Reporter(), **options)


@pytest.mark.parametrize(
    "reducer, digits, expected",
    [
        (totals.sum_values, 5000, b"1" + b"0" * 5000),
        (picking.maximum, 5000, b"9" * 5000),
        (moments.mean, 5000, b"5" + b"0" * 4999),
    ],
)
def test_integers_of_any_size_are_numbers(reducer, digits, expected):
    text = b"a\t%b\na\t1\n" % (b"9" * digits)
    assert reduced(reducer, text, reporter=Reporter()) == b"a\t%b\n" % expected


@given(st.decimals(-1000, 1000, places=2), st.decimals(Decimal("0.01"), 50, places=2), st.booleans())
def test_a_bin_holds_its_number(term, width, whole):
    term = int(term) if whole else term
    start = Fraction(bin_of(term, width))
    assert start <= Fraction(term) < start + Fraction(width)
    assert start / Fraction(width) == start // Fraction(width)


@pytest.mark.parametrize("width, value", [("1e-400", "1"), ("1", "1e9999"), ("7", "-1e30"), ("1e400", "1e-400")])
def test_bins_of_extreme_numbers(width, value):
    start = Fraction(bin_of(Decimal(value), Decimal(width)))
    assert start <= Fraction(value) < start + Fraction(width)


values = st.one_of(st.integers(), st.decimals(allow_nan=False, allow_infinity=False, places=2)).map(str)
groups = st.lists(st.tuples(st.binary(max_size=2), st.lists(values, min_size=1, max_size=5)), max_size=8).map(
    lambda found: [(key.replace(b"\t", b"-").replace(b"\n", b"-"), items) for key, items in found]
)


def text_of(found) -> bytes:
    return b"".join(b"%b\t%b\n" % (key, value.encode()) for key, items in found for value in items)


@given(groups, st.lists(st.integers(0, 400)))
def test_sum_and_count_equal_the_naive_ones_over_any_cut(found, cuts):
    text = text_of(found)
    borders = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    pieces = [text[start:end] for start, end in pairwise(borders)]
    expected = [
        (key, [Fraction(value) for _, items in same for value in items])
        for key, same in groupby(found, key=lambda group: group[0])
    ]
    records = [
        line.split(b"\t") for line in b"".join(totals.sum_values(whole_lines(pieces), Reporter())).split(b"\n")[:-1]
    ]
    assert [(key, Fraction(total.decode())) for key, total in records] == [(key, sum(items)) for key, items in expected]
    counted = b"".join(totals.count(whole_lines(pieces)))
    assert counted == b"".join(b"%b\t%d\n" % (key, len(items)) for key, items in expected)


@given(groups, st.integers(0, 10))
def test_a_combiner_changes_nothing(found, cut):
    def combined(combiner, *options):
        parts = [
            b"".join(combiner(whole_lines([text_of(sorted(part))]), *options)) for part in (found[:cut], found[cut:])
        ]
        return block_of(sorted(lines_of(b"".join(parts)), key=lambda line: line.partition(b"\t")[0]))

    plain = text_of(sorted(found, key=lambda group: group[0]))
    for combiner, reducer in [
        (totals.sum_values, totals.sum_values),
        (moments.partial_moments, moments.mean),
        (moments.partial_moments, moments.stats),
    ]:
        with_combiner = reduced(reducer, combined(combiner, Reporter()), reporter=Reporter())
        assert numbers_of(with_combiner) == numbers_of(reduced(reducer, plain, reporter=Reporter()))


def numbers_of(text: bytes) -> list:
    return [
        (key, [Decimal(n.decode()) for n in rest])
        for key, *rest in (line.split(b"\t") for line in text.split(b"\n")[:-1])
    ]


@given(st.lists(st.binary(max_size=2)), st.integers(1, 5), st.booleans())
def test_count_distinct_is_exact_in_order_or_not(found, held, ordered):
    found = [value.replace(b"\n", b"-") for value in found]
    lines = [b"k\t%b\n" % value for value in (sorted(found) if ordered else found)]
    reporter = Reporter()
    try:
        out = b"".join(gathering.count_distinct(whole_lines(lines), reporter, held))
    except DataError as error:
        assert not ordered and "in order up to here" in str(error)
    else:
        assert out == (b"k\t%d\n" % len(set(found)) if found else b"")
        assert not (ordered and reporter.remarks)


LEFT, RIGHT = [b"l1", b"l2"], [b"r1", b"r2", b"r3"]
JOINED = b"a\t0\tl1\na\t0\tl2\na\t1\tr1\na\t1\tr2\nb\t0\tl3\nc\t1\tr3\n"
BOTH = b"a\tl1\tr1\na\tl2\tr1\na\tl1\tr2\na\tl2\tr2\n"


@pytest.mark.parametrize(
    "how, expected",
    [
        ("inner", BOTH),
        ("left", BOTH + b"b\tl3\t-\n"),
        ("right", BOTH + b"c\t-\tr3\n"),
        ("full", BOTH + b"b\tl3\t-\nc\t-\tr3\n"),
        ("anti", b"b\tl3\n"),
    ],
)
def test_join(how, expected):
    assert reduced(join.join, JOINED, reporter=Reporter(), how=join.HOW[how], empty=b"-") == expected


@given(
    st.lists(st.tuples(st.sampled_from([b"a", b"b"]), st.sampled_from([b"0", b"1"]), st.sampled_from([b"", b"x"]))),
    st.data(),
)
def test_join_equals_the_nested_loop(records, data):
    records.sort()
    text = b"".join(b"\t".join(record) + b"\n" for record in records)
    cut = data.draw(st.integers(0, len(text)))
    how = data.draw(st.sampled_from(list(join.HOW)))
    sides: defaultdict[tuple[bytes, bytes], list[bytes]] = defaultdict(list)
    for key, tag, rest in records:
        sides[key, tag].append(rest)
    expected: Counter[bytes] = Counter()
    for key in (b"a", b"b"):
        left, right = sides[key, b"0"], sides[key, b"1"]
        if how != "anti":
            expected.update(b"%b\t%b\t%b" % (key, one, other) for one in left for other in right)
        if not right and how in ("left", "full"):
            expected.update(b"%b\t%b\t" % (key, one) for one in left)
        if not left and how in ("right", "full"):
            expected.update(b"%b\t\t%b" % (key, other) for other in right)
        if not right and how == "anti":
            expected.update(b"%b\t%b" % (key, one) for one in left)
    out = b"".join(join.join(whole_lines([text[:cut], text[cut:]]), Reporter(), join.HOW[how]))
    assert Counter(out.split(b"\n")[:-1]) == expected


def test_the_tag_of_a_join_is_checked():
    with pytest.raises(DataError, match="invalid tag of a join"):
        reduced(join.join, b"a\t2\tx\n", reporter=Reporter())


@pytest.mark.parametrize(
    ("block", "sums", "bad"),
    [
        (b"a\t1_0\na\t1_0\n", b"", 2),
        (b"a\t1\na\n", b"a\t1\n", 1),
        (b"a\t1\nb\t2\tc\nc\n", b"a\t1\n", 2),
        (b"a\n", b"", 1),
    ],
)
def test_values_that_are_no_plain_integers_are_looked_at_one_by_one(block, sums, bad):
    reporter = Reporter(skip=True)
    assert b"".join(totals.sum_values([block], reporter)) == sums
    assert reporter.counters == {"Skipped records": bad}
