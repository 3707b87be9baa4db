"""Each mapper: what comes in, what goes out; over any cut into blocks."""

import re
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.errors import DataError, UsageError
from streamtools.mappers import fields, lines, paths, sources
from streamtools.mappers import text as text_module
from streamtools.mappers.fields import FieldList
from streamtools.mappers.text import index, ngrams, words
from streamtools.records import whole_lines
from streamtools.reporter import SKIPPED, Reporter


def mapped(mapper, text: bytes, /, **options) -> bytes:
    return b"".join(mapper(whole_lines([text]), **options))


@pytest.mark.parametrize(
    "text, closed, rest",
    [
        ("2", (1,), None),
        ("1,3", (0, 2), None),
        ("2-4", (1, 2, 3), None),
        ("-2", (0, 1), None),
        ("3,1", (2, 0), None),
        ("2-", (), 1),
        ("1,4-", (0,), 3),
    ],
)
def test_field_lists(text, closed, rest):
    assert fields.parse_fields(text) == FieldList(closed, rest)


@pytest.mark.parametrize(
    "text", ["", "0", "-", "a", "1,,2", "3-1", "1-1000000000", "2-,4", "1-2-3", "+1", "1.5", "²", "9" * 5000]
)
def test_what_is_no_field_list(text):
    with pytest.raises(UsageError):
        fields.parse_fields(text)


LINE = b"a\tu\ts\turl\tx\t9\n"


@pytest.mark.parametrize(
    "line, keys, values, expected",
    [
        (LINE, "2", None, b"u\t1\n"),
        (LINE, "1", None, b"a\t1\n"),
        (LINE, "6", None, b"9\t1\n"),
        (LINE, "2,3", None, b"u\ts\t1\n"),
        (LINE, "3,2", None, b"s\tu\t1\n"),
        (LINE, "2-", None, b"u\ts\turl\tx\t9\t1\n"),
        (LINE, "2", "3", b"u\ts\n"),
        (LINE, "2", "6,1", b"u\t9\ta\n"),
        (LINE, "1", "2-", b"a\tu\ts\turl\tx\t9\n"),
        (LINE, "6", "2-", b"9\tu\ts\turl\tx\t9\n"),
        (LINE, "4-", "2", b"url\tx\t9\tu\n"),
        (b"\t\t\n", "2", None, b"\t1\n"),
        (b"a\tu\r\n", "2", None, b"u\r\t1\n"),
        (b"a\t\x00\xff\n", "2", None, b"\x00\xff\t1\n"),
        (b"", "2", None, b""),
    ],
)
def test_fields(line, keys, values, expected):
    options = {"keys": fields.parse_fields(keys), "values": fields.parse_fields(values) if values else None}
    assert mapped(fields.fields, line, reporter=Reporter(), **options) == expected


def test_fields_with_another_delimiter_and_value():
    out = mapped(
        fields.fields, b"a, b, c\n", reporter=Reporter(), keys=FieldList((2,), None), delimiter=b", ", value=b""
    )
    assert out == b"c\t\n"


@pytest.mark.parametrize("keys, values", [("2", None), ("1,2", None), ("1", "2"), ("1", "2-"), ("2-", None)])
def test_a_line_with_too_few_fields_is_a_bad_record(keys, values):
    options = {"keys": fields.parse_fields(keys), "values": fields.parse_fields(values) if values else None}
    with pytest.raises(DataError, match="stdin:2: line has 1 field, field 2 is required"):
        mapped(fields.fields, b"a\tb\nshort\nc\td\n", reporter=Reporter(), **options)
    reporter = Reporter(skip=True)
    good = mapped(fields.fields, b"a\tb\nc\td\n", reporter=Reporter(), **options)
    assert mapped(fields.fields, b"a\tb\nshort\nc\td\n\n", reporter=reporter, **options) == good
    assert reporter.counters[SKIPPED] == 2


@given(
    st.lists(st.lists(st.binary(max_size=3).map(lambda b: re.sub(rb"[\t\n]", b"", b)), min_size=2, max_size=4)),
    st.data(),
)
def test_fields_is_cut(rows, data):
    text = b"".join(b"\t".join(row) + b"\n" for row in rows)
    cut = data.draw(st.integers(0, len(text)))
    out = b"".join(fields.fields(whole_lines([text[:cut], text[cut:]]), Reporter()))
    assert out == b"".join(row[1] + b"\t1\n" for row in rows)


@pytest.mark.parametrize(
    "text, expected",
    [
        (b"The bus, the BUS.\n", b"the\t1\nbus\t1\nthe\t1\nbus\t1\n"),
        (b"don't -- (stop)\n", b"don't\t1\nstop\t1\n"),
        (b"a\tb\r\n\n", b"a\t1\nb\t1\n"),
        (b"caf\xc3\xa9 \xff\n", b"caf\xc3\xa9\t1\n\xff\t1\n"),
        (b"...\n", b""),
    ],
)
def test_words(text, expected):
    assert mapped(words, text) == expected


@pytest.mark.parametrize(
    "size, expected", [(1, b"a\t1\nb\t1\nc\t1\nd\t1\n"), (2, b"a b\t1\nb c\t1\n"), (3, b"a b c\t1\n"), (4, b"")]
)
def test_ngrams_stay_within_a_line(size, expected):
    assert mapped(ngrams, b"a b c\nd\n", size=size) == expected


def test_index_names_the_document_once_per_term():
    assert mapped(index, b"the cat\nthe dog\n", document=b"d.txt") == b"the\td.txt\ncat\td.txt\ndog\td.txt\n"


@pytest.mark.parametrize(
    "pattern, invert, expected",
    [
        (b"b", False, b"abc\nb\n"),
        (b"b", True, b"\xff\n\n"),
        (b"^b$", False, b"b\n"),
        (b"\xff", False, b"\xff\n"),
        (b"z", False, b""),
    ],
)
def test_grep(pattern, invert, expected):
    assert mapped(lines.grep, b"abc\nb\n\xff\n\n", pattern=re.compile(pattern), invert=invert) == expected


LOG = b"".join(b"%d\tuser%d\n" % (n, n % 500) for n in range(5000))


def test_sample_takes_all_lines_of_a_key_or_none():
    taken = mapped(lines.sample, LOG, reporter=Reporter(), rate=0.2, field=1).split(b"\n")[:-1]
    users = [line.split(b"\t")[1] for line in taken]
    assert 60 <= len(set(users)) <= 140
    assert all(users.count(user) == 10 for user in set(users))


def test_sample_by_a_field_that_a_line_lacks():
    with pytest.raises(DataError, match="stdin:2: line has 1 field, field 2 is required"):
        mapped(lines.sample, b"a\tb\nshort\n", reporter=Reporter(), rate=1, field=1)
    reporter = Reporter(skip=True)
    assert mapped(lines.sample, b"a\tb\nshort\nc\td\n", reporter=reporter, rate=1, field=1) == b"a\tb\nc\td\n"
    assert reporter.counters[SKIPPED] == 1


@pytest.mark.parametrize("field", [None, 0, 1])
def test_sample_of_all_and_of_nothing_and_by_seed(field):
    sample = partial(lines.sample, reporter=Reporter(), field=field)
    assert mapped(sample, LOG, rate=1) == LOG
    assert mapped(sample, LOG, rate=0) == b""
    first, again, other = (mapped(sample, LOG, rate=0.1, seed=seed) for seed in (1, 1, 2))
    assert first == again != other
    assert 300 <= first.count(b"\n") <= 700


JSON = b'{"user":{"id":7,"name":"a\\tb"},"tags":["x","\xc3\xa9"],"ok":true,"none":null,"01":2}\n'


@pytest.mark.parametrize(
    "path, expected",
    [
        ("user.id", b"7"),
        ("user.name", b"a\\tb"),
        ("tags.1", b"\xc3\xa9"),
        ("tags", '["x","é"]'.encode()),
        ("ok", b"true"),
        ("none", b"null"),
        ("01", b"2"),
    ],
)
def test_json(path, expected):
    out = mapped(paths.json_paths, JSON, reporter=Reporter(), keys=[paths.parse_path(path)], values=[])
    assert out == expected + b"\t1\n"


NUMBERS = ["0.1000000000000000055511151231257827", "1.10", "1E400", "-0", "1" * 5000, "-1.5e+3"]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda text: text[:20])
def test_json_keeps_numbers_as_they_are_written(number):
    line = f'{{"k": {number}, "in": [{{"a \\t\\"b": {number}}}, true, "é"]}}\n'.encode()
    out = mapped(paths.json_paths, line, reporter=Reporter(), keys=[("k",)], values=[("in",)])
    assert out == f'{number}\t[{{"a \\t\\"b":{number}}},true,"é"]\n'.encode()


def test_json_may_begin_with_a_byte_order_mark():
    assert (
        mapped(paths.json_paths, b'\xef\xbb\xbf{"k":1}\n', reporter=Reporter(), keys=[("k",)], values=[]) == b"1\t1\n"
    )


def test_json_joins_several_paths_by_tab():
    keys, values = [paths.parse_path("user.id")], [paths.parse_path("ok"), paths.parse_path("tags.0")]
    assert mapped(paths.json_paths, JSON, reporter=Reporter(), keys=keys, values=values) == b"7\ttrue\tx\n"


@pytest.mark.parametrize(
    "line", [b"{}", b"", b"{", b"[1]", b'"k"', b'{"k":"\xff"}', b'{"k":"\\ud800"}', b"[" * 100_000], ids=repr
)
def test_a_line_without_the_path_is_a_bad_record(line):
    mapper = partial(paths.json_paths, keys=[("k",)], values=[])
    with pytest.raises(DataError, match="stdin:1"):
        mapped(mapper, line + b"\n", reporter=Reporter())
    assert mapped(mapper, line + b'\n{"k":1}\n', reporter=Reporter(skip=True)) == b"1\t1\n"


SOURCES = [sources.parse_source("users*.tsv=1"), sources.parse_source("log.tsv=3,2")]


@pytest.mark.parametrize("name, number", [("users-1.tsv", 0), ("file:/data/log.tsv", 1), ("/a/users.tsv", 0)])
def test_source_of(name, number):
    assert sources.source_of(name, SOURCES) == number


@pytest.mark.parametrize("text", ["users", "=1", "users=", "users=2-"])
def test_what_is_no_source(text):
    with pytest.raises(UsageError):
        sources.parse_source(text)


@pytest.mark.parametrize("number, expected", [(0, b"a\t0\tb\tc\td\n"), (1, b"c\tb\t1\ta\td\n")])
def test_join_tags_records(number, expected):
    out = mapped(sources.join, b"a\tb\tc\td\n", reporter=Reporter(), number=number, keys=SOURCES[number].keys)
    assert out == expected


@given(st.lists(st.sampled_from([b"a", b"Bc", b" ", b"\t", b"\n", b"...", b"\xff"])).map(b"".join), st.integers(1, 4))
def test_a_long_line_gives_the_same_words_in_pieces(document, size):
    for mapper, options in ((words, {}), (ngrams, {"size": size}), (index, {"document": b"d"})):
        whole = mapped(mapper, document, **options)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(text_module, "PIECE", 2)
            assert mapped(mapper, document, **options) == whole


@pytest.mark.parametrize("tool", ["words", "ngrams", "index --input-name x"])
def test_a_long_line_takes_a_few_times_its_length(shell, tool):
    measure = (
        "import os, resource, subprocess, sys; "
        "subprocess.run(sys.argv[1:], stdin=open('line'), stdout=open(os.devnull, 'w'), check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = shell(f"yes 'aaaaaaa ' | tr -d '\\n' | head -c 53400000 > line; python3 -c \"{measure}\" st-map {tool}")
    assert int(done.stdout) < 3 * 52_100 + 30_000, done.stderr  # KiB; a list of all words took 30 times the line
