"""The map side of a reduce-side join: each record is tagged with the number of its source."""

import fnmatch
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from streamtools.errors import UsageError
from streamtools.mappers.fields import FieldList, parse_fields, with_fields
from streamtools.records import lines_of
from streamtools.reporter import Reporter


class Source(NamedTuple):
    """One side of a join: files whose name matches `pattern`, joined on the fields `keys`."""

    pattern: str
    keys: FieldList


def parse_source(text: str) -> Source:
    """Parse `PATTERN=FIELDS`. Raises UsageError for anything else."""
    pattern, equals, keys = text.rpartition("=")
    if not (pattern and equals):
        raise UsageError(text, "invalid source of a join", "write PATTERN=FIELDS, for example 'users*=1'")
    parsed = parse_fields(keys)
    if parsed.rest is not None:
        raise UsageError(text, "an open range cannot be the key of a join", "use for example 1 or 1,3 or 2-4")
    return Source(pattern, parsed)


def source_of(name: str, sources: Sequence[Source]) -> int:
    """Return the number of the first source whose pattern matches the name of an input or its last component.

    Raises UsageError if none does.
    """
    for number, source in enumerate(sources):
        if fnmatch.fnmatchcase(name, source.pattern) or fnmatch.fnmatchcase(posixpath.basename(name), source.pattern):
            return number
    patterns = ", ".join(source.pattern for source in sources)
    raise UsageError(name, f"no source of the join matches ({patterns})", "add one with --source")


def join(
    blocks: Iterable[bytes], reporter: Reporter, number: int, keys: FieldList, delimiter: bytes = b"\t"
) -> Iterator[bytes]:
    """Yield `key TAB number TAB other fields` for each line; `number` is that of its source."""
    tag = b"\t%d\t" % number
    chosen = set(keys.closed)
    seen = 0
    for block in blocks:
        lines = lines_of(block)
        rows = [line.split(delimiter) for line in with_fields(lines, keys.needed, delimiter, reporter, seen)]
        seen += len(lines)
        yield b"".join(
            [
                delimiter.join([row[field] for field in keys.closed])
                + tag
                + delimiter.join([item for field, item in enumerate(row) if field not in chosen])
                + b"\n"
                for row in rows
            ]
        )
