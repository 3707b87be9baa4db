"""Records as safe lines."""

from hypothesis import given
from hypothesis import strategies as st

from streamtools.formats.batch import Pairs
from streamtools.local.shuffle.safe_lines import escape, unescape_pairs

KEYS = st.binary(max_size=6)


@given(st.lists(st.tuples(KEYS, KEYS)))
def test_safe_lines_keep_records_and_the_order_of_keys(records):
    keys, items = [key for key, _ in records], [value for _, value in records]
    block = escape(Pairs(keys, items))
    assert block.count(b"\n") == len(records)
    assert unescape_pairs(block) == (keys, items)
    safe = [line.partition(b"\t")[0] for line in block.split(b"\n")[:-1]]
    assert [key for _, key in sorted(zip(safe, keys, strict=True))] == sorted(keys)
    assert sorted(block.split(b"\n")[:-1], key=lambda line: line.partition(b"\t")[0]) == sorted(
        block.split(b"\n")[:-1], key=lambda line: unescape_pairs(line + b"\n").keys[0]
    )
