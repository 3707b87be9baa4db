"""Command lines, split by Hadoop's rules."""

import pytest

from streamtools.local.stages.program import split_command

WORDS = [
    ("cat -n", ["cat", "-n"]),
    ('a"b"c', ["a", "b", "c"]),
    ('x ""  y', ["x", "y"]),
    ("a='b c'", ["a=", "b c"]),
    ("'it\"s'", ['it"s']),
    ("open 'quote x", ["open", "quote x"]),
    ("tab\there \\n", ["tab\there", "\\n"]),
    ("bash -c 'a | b'", ["bash", "-c", "a | b"]),
    ("", []),
]


@pytest.mark.parametrize("text, words", WORDS)
def test_command_lines_are_split_as_hadoop_does(text, words):
    assert split_command(text) == words
