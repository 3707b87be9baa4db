"""streamtools.local.input.readers and streamtools.local.input.xml_reader: a reader for each input format."""

import pytest
from attempts import make_job

from streamtools.errors import DataError
from streamtools.formats.batch import Pairs
from streamtools.formats.sequence_file import SequenceWriter
from streamtools.formats.writables import LONG, TEXT, encode_long
from streamtools.job import Refused
from streamtools.local.input.line_reader import LineReader
from streamtools.local.input.readers import open_reader
from streamtools.local.input.split import Split

MAPRED = "org.apache.hadoop.mapred."
XML = "StreamXmlRecordReader,begin=<p>,end=</p>"


def read(folder, data, *options, start=0, length=None):
    """The reader of a split of a file with these bytes, and its records."""
    (folder / "in").write_bytes(data)
    split = Split(str(folder / "in"), start, len(data) - start if length is None else length)
    reader = open_reader(make_job(*options, "-mapper", "cat"), split)
    return reader, [pair for batch in reader.pairs() for pair in zip(batch.keys, batch.values, strict=True)]


def test_lines_have_their_offsets_as_keys(folder):
    reader, records = read(folder, b"a\nbb\n")
    assert isinstance(reader, LineReader) and (reader.key_type, reader.value_type) == (LONG, TEXT)
    assert records == [(encode_long(0), b"a"), (encode_long(2), b"bb")]
    assert reader.records == 2


def test_another_delimiter(folder):
    assert [value for _, value in read(folder, b"a;b;c", "-D", "textinputformat.record.delimiter=;")[1]] == [
        b"a",
        b"b",
        b"c",
    ]


@pytest.mark.parametrize(("separator", "key", "value"), [("\t", b"a", b"b,c"), (",", b"a\tb", b"c")])
def test_keys_and_values(folder, separator, key, value):
    option = f"mapreduce.input.keyvaluelinerecordreader.key.value.separator={separator}"
    reader, records = read(folder, b"a\tb,c\nd\n", "-D", option, "-inputformat", "KeyValueTextInputFormat")
    assert records == [(key, value), (b"d", b"")]
    assert (reader.key_type, reader.records, reader.bytes_read) == (TEXT, 2, 8)


@pytest.mark.parametrize(
    ("input_format", "key"),
    [("SequenceFileInputFormat", encode_long(7)), ("SequenceFileAsTextInputFormat", b"7")],
)
def test_sequence_files(folder, input_format, key):
    writer = SequenceWriter(LONG, TEXT, "", False)
    data = writer.head() + writer.add(Pairs([encode_long(7)], [b"v"])) + writer.close()
    assert read(folder, data, "-inputformat", MAPRED + input_format)[1] == [(key, b"v")]


DOCUMENT = b"x<p>1</p>y<p>22</p><p>3</p><p>4"


def test_xml_records_with_their_marks(folder):
    reader, records = read(folder, DOCUMENT, "-inputreader", XML)
    assert [key for key, _ in records] == [b"<p>1</p>", b"<p>22</p>", b"<p>3</p>"]
    assert {value for _, value in records} == {b""} and reader.records == 3


@pytest.mark.parametrize("border", range(1, len(DOCUMENT)))
def test_an_xml_record_is_in_the_split_in_which_it_begins(folder, border):
    keys = [
        [key for key, _ in read(folder, DOCUMENT, "-inputreader", XML, start=start, length=end - start)[1]]
        for start, end in ((0, border), (border, len(DOCUMENT)))
    ]
    assert keys[0] + keys[1] == [b"<p>1</p>", b"<p>22</p>", b"<p>3</p>"]


@pytest.mark.parametrize(
    ("document", "keys"),
    [
        (b"<![CDATA[<p>0</p>]]><p>1</p>", [b"<p>1</p>"]),
        (b"<p a>1</p><p>2</p >", [b"<p a>1</p>", b"<p>2</p >"]),
    ],
)
def test_xml_marks_as_patterns_outside_cdata(folder, document, keys):
    reader = r"StreamXmlRecordReader,begin=<p[^>]*>,end=</p *>,slowmatch=true"
    assert [key for key, _ in read(folder, document, "-inputreader", reader)[1]] == keys


def test_xml_without_marks_is_refused(folder):
    with pytest.raises(Refused, match="missing begin or end mark"):
        read(folder, b"", "-inputreader", "StreamXmlRecordReader,begin=<p>")


def test_an_invalid_pattern_is_named(folder):
    with pytest.raises(DataError, match="slowmatch"):
        read(folder, b"", "-inputreader", "StreamXmlRecordReader,begin=(,end=b,slowmatch=true")


def test_an_unknown_reader_is_named(folder):
    with pytest.raises(DataError, match=r"Class not found: org\.example\.Reader"):
        read(
            folder,
            b"",
            *("-D", "stream.recordreader.class=org.example.Reader"),
            *("-inputformat", "org.apache.hadoop.streaming.StreamInputFormat"),
        )
