"""Mappers over words: counts, n-grams, an inverted index.

Words are separated by white space and lose punctuation at their ends. ASCII letters become lower case and other bytes
stay as they are, so text in any encoding that extends ASCII stays intact.
"""

import string
from collections.abc import Iterable, Iterator

from streamtools.records import lines_of

PUNCTUATION = string.punctuation.encode("ascii")
ONE = b"\t1\n"


def words_of(text: bytes) -> list[bytes]:
    """Return the words of a text in lower case, in order."""
    return [word for token in text.lower().split() if (word := token.strip(PUNCTUATION))]


def words(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield `word TAB 1` for each word."""
    for found in word_keys(blocks):
        yield ONE.join(found) + ONE


def word_keys(blocks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield lists of all words."""
    for block in blocks:
        if found := words_of(block):
            yield found


def ngrams(blocks: Iterable[bytes], size: int = 2) -> Iterator[bytes]:
    """Yield `word word TAB 1` for each `size` words that follow each other in a line."""
    for block in blocks:
        grams = [
            b" ".join(gram)
            for line in lines_of(block)
            for found in [words_of(line)]
            for gram in zip(*(found[start:] for start in range(size)))
        ]
        if grams:
            yield ONE.join(grams) + ONE


def index(blocks: Iterable[bytes], document: bytes) -> Iterator[bytes]:
    """Yield `term TAB document` for each word, at most once per block."""
    ending = b"\t" + document + b"\n"
    for block in blocks:
        if found := dict.fromkeys(words_of(block)):
            yield ending.join(found) + ending
