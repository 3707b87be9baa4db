"""Hadoop Streaming's splitting of a command line into words, which is not a shell's.

A quote begins or ends a word and is dropped. Blanks outside quotes separate words. There are no escapes.
"""

import re
from typing import NamedTuple

WORD = re.compile(r"'([^']*)'?|\"([^\"]*)\"?|([^ '\"]+)")


class Word(NamedTuple):
    """A word of a command line. `start` and `end` are its position in the line, quotes included."""

    text: str
    start: int
    end: int


def split_command(line: str) -> list[str]:
    """Return the words of a command line, without their quotes."""
    return [word.text for word in find_words(line)]


def find_words(line: str) -> list[Word]:
    """Return the words of a command line with their positions. Empty quotes are not a word."""
    found = []
    for match in WORD.finditer(line):
        if text := "".join(group or "" for group in match.groups()):
            found.append(Word(text, match.start(), match.end()))
    return found


def quote(word: str) -> str:
    """Quote a word so that Hadoop's splitter returns it unchanged."""
    return f'"{word}"' if " " in word else word
