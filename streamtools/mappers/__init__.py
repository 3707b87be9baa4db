"""The library of mappers: generators from blocks of whole lines to blocks of `key TAB value LF` records.

    blocks --> mapper(blocks, reporter, ...) --> blocks

All of them stream: memory is a few blocks, whatever the size of the input.
"""

from streamtools.mappers.fields import FieldList, fields, parse_fields
from streamtools.mappers.lines import grep, identity, sample
from streamtools.mappers.paths import json_paths, parse_path
from streamtools.mappers.sources import Source, join, parse_source, source_of
from streamtools.mappers.text import index, ngrams, words

__all__ = [
    "FieldList",
    "Source",
    "fields",
    "grep",
    "identity",
    "index",
    "join",
    "json_paths",
    "ngrams",
    "parse_fields",
    "parse_path",
    "parse_source",
    "sample",
    "source_of",
    "words",
]
