"""TOML files: values of one type, and errors that name the line."""

import pytest

from streamtools.errors import NoInputError, UsageError
from streamtools.toml_files import read_toml

TEXT = '''\
# a comment
name = "x"
list = [
  "a",
  3,
]

[table]
number = 2.5
yes = true
a.b.c = 1

[[step]]
text = """
two lines"""
[[step]]
inline = { inner = 1 }
'''


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "f.toml"
    path.write_text(TEXT)
    return read_toml(str(path))


LINES = [
    (("name",), 2),
    (("list",), 3),
    (("list", 1), 3),  # a value of several lines stands where it begins
    (("table", "yes"), 10),
    (("table", "a", "b", "c"), 11),
    (("step", 0), 13),
    (("step", 0, "text"), 14),
    (("step", 1), 16),
    (("step", 1, "inline", "inner"), 17),
    (("step", 1, "missing"), 16),
    (("missing",), 0),
]


@pytest.mark.parametrize("keys, line", LINES)
def test_the_line_of_a_value(table, keys, line):
    assert table.line_of(keys) == line


WRONG = [
    (lambda table: table.number("name", 0), ":2: name: a string where an integer is expected"),
    (lambda table: table.text("list"), ":3: list: a list where a string is expected"),
    (lambda table: table.texts("list"), ":3: list: an integer where a string is expected"),
    (lambda table: table.table("name"), ":2: name: a string where a table is expected"),
    (lambda table: table.tables("table"), ":8: table is a table; write [[table]] above each one"),
    (lambda table: table.table("table").number("yes", 0), ":10: yes: true or false where an integer is expected"),
    (lambda table: table.table("table").check_names(["number", "yess", "a"]), ":10: unknown key 'yes'; did you mean"),
    (lambda table: table.tables("step")[1].assignments("missing") or table.check_names([]), ":2: unknown key 'name'"),
]


@pytest.mark.parametrize("read, message", WRONG)
def test_a_value_of_another_type_is_told_with_its_line(table, read, message):
    with pytest.raises(UsageError) as error:
        read(table)
    assert message in str(error.value)


def test_names_with_dots_need_no_quotes(table):
    assert table.assignments("table") == {"number": "2.5", "yes": "true", "a.b.c": "1"}


@pytest.mark.parametrize(
    "content, message",
    [
        (b"a = 1\nb = x\n", ":2: not valid TOML: invalid value"),
        (b"a = [\n1\n", ":2: not valid TOML:"),
        (b"a = 1\na = 2\n", ":2: not valid TOML: cannot overwrite a value; the name is there already"),
        (b"[a]\n[b]\n[a]\n", ":3: not valid TOML: cannot declare ('a',) twice; the name is there already"),
        (b'a = 1\nb = "x\n', ":2: not valid TOML: illegal character '\\n'; close the text with a quote"),
        (b"a = '\xff'", ": is not text in UTF-8"),
    ],
)
def test_what_is_not_toml(tmp_path, content, message):
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(UsageError) as error:
        read_toml(str(tmp_path / "f"))
    assert message in str(error.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(NoInputError, match="no such file"):
        read_toml(str(tmp_path / "f"))
