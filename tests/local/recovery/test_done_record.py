"""streamtools.local.recovery.done_record: what was written is read again, and nothing else is believed."""

from hypothesis import given
from hypothesis import strategies as st

from streamtools.inputs.cuts import MemberSlice
from streamtools.inputs.stamps import Stamp
from streamtools.local.counters import Counters
from streamtools.local.recovery.done_record import DoneRecord, decode_record, encode_record
from streamtools.local.shuffle.segments import MapOutput, Segment
from streamtools.local.tasks.outcome import Done

SEGMENTS = [[Segment("map\udcff\n", 3, 8, b"\0\1\2\3", False)], []]
SLICE = MemberSlice("x.7z: a", 0, 5, 1, 9, None, (0, 3))
RECORD = DoneRecord(
    "map-000003",
    "print",
    {"out/part-0": Stamp("out/part-0", 3, 4, 4, "ab"), "link": None},
    Done(Counters({("G\t", "n\udc80"): 3}), MapOutput(SEGMENTS), 5, 7, (SLICE,)),
)
ENCODED = encode_record(RECORD)


def test_it_is_read_as_it_was_written():
    assert decode_record(ENCODED) == RECORD
    without = RECORD._replace(done=RECORD.done._replace(output=None))
    assert decode_record(encode_record(without)) == without


@given(st.integers(0, len(ENCODED) - 1), st.binary(max_size=20), st.integers(0, 40))
def test_damage_is_never_believed(at, put, dropped):
    damaged = ENCODED[:at] + put + ENCODED[at + dropped :]
    assert decode_record(damaged) == (RECORD if damaged == ENCODED else None)


@given(st.binary(max_size=300))
def test_other_bytes_are_never_believed(data):
    assert decode_record(data) is None
