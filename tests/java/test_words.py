"""Hadoop's splitting of a command line into words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.java.words import find_words, quote, split_command

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


def by_hadoops_loop(text: str) -> list[str]:
    """The words as StreamUtil.splitArgs finds them: a character at a time."""
    words, word, quote_ = [], "", ""
    for character in text:
        if character == quote_ or (not quote_ and character in " '\""):
            words += [word] if word else []
            word = ""
            quote_ = "" if character == quote_ or character == " " else character
        else:
            word += character
    return words + ([word] if word else [])


@given(st.text(st.sampled_from("ab '\"\\\t"), max_size=20))
def test_any_text_is_split_as_by_hadoops_loop(text):
    assert split_command(text) == by_hadoops_loop(text)


@given(st.text(st.sampled_from("ab '\"\\\t")))
def test_positions_include_the_quotes(text):
    for word in find_words(text):
        assert text[word.start : word.end].strip("'\"") == word.text.strip("'\"")


@given(st.text(st.sampled_from("ab -="), min_size=1))
def test_a_quoted_word_is_split_off_unchanged(word):
    assert split_command(f"cat {quote(word)} x") == ["cat", word, "x"]
