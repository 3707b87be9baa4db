"""Mappers over words: counts, n-grams, an inverted index.

Words are separated by white space and lose punctuation at their ends. ASCII letters become lower case and other bytes
stay as they are, so text in any encoding that extends ASCII stays intact.
"""

import re
import string
from collections.abc import Iterable, Iterator

from streamtools.records import lines_of

PIECE = 1 << 18  # bytes whose words are objects at a time: 30 times as many as the bytes take
BLANK = re.compile(rb"\s")
PUNCTUATION = string.punctuation.encode("ascii")
ONE = b"\t1\n"


def words_of(text: bytes) -> list[bytes]:
    """Return the words of a text in lower case, in order."""
    return [word for token in text.lower().split() if (word := token.strip(PUNCTUATION))]


def cut_at_blanks(text: bytes) -> Iterator[bytes]:
    """Yield a text in pieces of about PIECE bytes that hold whole words."""
    start = 0
    while start < len(text):
        blank = BLANK.search(text, start + PIECE)
        end = blank.end() if blank else len(text)
        yield text[start:end]
        start = end


def words(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield `word TAB 1` for each word."""
    for found in word_keys(blocks):
        yield ONE.join(found) + ONE


def word_keys(blocks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield lists of all words."""
    for block in blocks:
        for piece in cut_at_blanks(block):
            if found := words_of(piece):
                yield found


def ngrams(blocks: Iterable[bytes], size: int = 2) -> Iterator[bytes]:
    """Yield `word word TAB 1` for each `size` words that follow each other in a line."""
    for block in blocks:
        if len(block) > 2 * PIECE:  # it has a long line
            grams_of_pieces: Iterable[list[bytes]] = (
                grams for line in lines_of(block) for grams in _long_line_grams(line, size)
            )
        else:
            grams_of_pieces = [[gram for line in lines_of(block) for gram in _join_grams(words_of(line), size)]]
        for grams in grams_of_pieces:
            if grams:
                yield ONE.join(grams) + ONE


def _long_line_grams(line: bytes, size: int) -> Iterator[list[bytes]]:
    """Yield lists of the n-grams of a line, in bounded memory."""
    before: list[bytes] = []  # the last words, with which n-grams begin that end in the next piece
    for piece in cut_at_blanks(line):
        found = before + words_of(piece)
        yield _join_grams(found, size)
        before = found[max(len(found) - size + 1, 0) :]


def _join_grams(found: list[bytes], size: int) -> list[bytes]:
    """Return each `size` words that follow each other, joined by blanks."""
    return [b" ".join(gram) for gram in zip(*(found[start:] for start in range(size)))]


def index(blocks: Iterable[bytes], document: bytes) -> Iterator[bytes]:
    """Yield `term TAB document` for each word, at most once per block."""
    ending = b"\t" + document + b"\n"
    for block in blocks:
        if found := dict.fromkeys(word for piece in cut_at_blanks(block) for word in words_of(piece)):
            yield ending.join(found) + ending
