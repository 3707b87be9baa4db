"""The reduce side of a join: records tagged 0 (left) meet records tagged 1 (right) of the same key."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from streamtools.errors import DataError
from streamtools.reducers.grouping import Values, groups
from streamtools.reducers.numbers import quote
from streamtools.reporter import Reporter

FOR_HADOOP = (  # the key of a join has two fields; only the first chooses the reducer
    "-D stream.num.map.output.key.fields=2 -D mapreduce.partition.keypartitioner.options=-k1,1 "
    "-partitioner org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner"
)


class How(NamedTuple):
    """What a kind of join writes: pairs, left records without a match, right records without a match."""

    pairs: bool
    lonely_left: bool
    lonely_right: bool


HOW = {
    "inner": How(True, False, False),
    "left": How(True, True, False),
    "right": How(True, False, True),
    "full": How(True, True, True),
    "anti": How(False, True, False),
}


def join(blocks: Iterable[bytes], reporter: Reporter, how: How = HOW["inner"], empty: bytes = b"") -> Iterator[bytes]:
    """Yield `key TAB left fields TAB right fields` for each pair; `empty` stands for the fields of a missing side.

    An anti join yields `key TAB left fields` of left records without a match. The left records of a key come first and
    are kept in memory, so the left side should be the smaller one; right records stream.
    Raises DataError if a left record comes after a right one.
    """
    for key, pieces in groups(blocks):
        left: list[bytes] = []
        right_seen = False
        for tag, rests in _sides(key, pieces, reporter):
            if tag == b"0":
                if right_seen:
                    raise DataError(
                        f"key {quote(key)}",
                        "a left record comes after a right one",
                        f"sort by key and source: st-sort --key-fields 2; with st-run and Hadoop: {FOR_HADOOP}",
                    )
                left += rests
            else:
                right_seen = True
                if how.pairs and left:
                    yield from (b"".join([b"%b\t%b\t%b\n" % (key, one, other) for one in left]) for other in rests)
                elif how.lonely_right and not left:
                    yield b"".join([b"%b\t%b\t%b\n" % (key, empty, other) for other in rests])
        if how.lonely_left and not right_seen:
            ending = b"\t" + empty + b"\n" if how.pairs else b"\n"
            yield b"".join([b"%b\t%b%b" % (key, one, ending) for one in left])


def _sides(key: bytes, pieces: Iterator[Values], reporter: Reporter) -> Iterator[tuple[bytes, list[bytes]]]:
    """Yield each tag of a key with the fields of the records that follow each other with this tag."""
    for values, line, _ in pieces:
        tag = b""
        rests: list[bytes] = []
        for number, value in enumerate(values, line):
            this, _, rest = value.partition(b"\t")
            if this not in (b"0", b"1"):
                reporter.bad_record(number, f"invalid tag of a join {quote(this)}, must be 0 or 1")
                continue
            if this != tag and rests:
                yield tag, rests
                rests = []
            tag = this
            rests.append(rest)
        if rests:
            yield tag, rests
