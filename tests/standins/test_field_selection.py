"""streamtools.standins.field_selection: fields of keys and values by number."""

import pytest

from streamtools.errors import DataError
from streamtools.formats.batch import Pairs
from streamtools.formats.writables import LONG, TEXT
from streamtools.job import build_job, parse
from streamtools.standins.field_selection import FieldSelectionMapper, Spec, parse_spec

BASIC = ["-input", "in", "-output", "out", "-mapper", "cat"]


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("0:1", Spec([0], [1], -1)),
        ("2,0:3-", Spec([2, 0], [], 3)),
        ("1-3:", Spec([1, 2, 3], [], -1)),
        ("0-:", Spec([], [], -1)),
        (":0-", Spec([], [], 0)),
    ],
)
def test_specifications(text, spec):
    assert parse_spec(text) == spec


@pytest.mark.parametrize("text", ["a:1", "1:b-", "0,x:"])
def test_invalid_specifications(text):
    with pytest.raises(DataError, match="invalid list of fields"):
        parse_spec(text)


@pytest.mark.parametrize(
    ("spec", "line", "key", "value"),
    [
        ("0:1", b"a,b,c", b"a", b"b"),
        ("2,0:1-", b"a,b,c", b"c,a", b"b,c"),
        ("0:7", b"a,b", b"a", b""),
        (":0-", b"a,b", b"a,b", b""),
        ("0:1", b",,,", b"", b""),
    ],
)
def test_fields_of_a_line(spec, line, key, value):
    options = [
        "mapreduce.fieldsel.data.field.separator=,",
        f"mapreduce.fieldsel.map.output.key.value.fields.spec={spec}",
    ]
    job = build_job(parse([word for option in options for word in ("-D", option)] + BASIC))
    assert FieldSelectionMapper(job, LONG, TEXT).map(Pairs([b"12345678"], [line])) == Pairs([key], [value])
