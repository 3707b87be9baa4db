"""Keys and values picked by path out of lines of JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Union

from streamtools.errors import UsageError
from streamtools.records import lines_of
from streamtools.reporter import Reporter

Path = tuple[Union[str, int], ...]

ESCAPED = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r"})


def parse_path(text: str) -> Path:
    """The steps of a path such as `user.tags.0`; a step of digits is a position in a list or a name in an object."""
    steps = text.split(".")
    if not all(steps):
        raise UsageError(text, "no path", "write names parted by dots, e.g. user.id or tags.0")
    return tuple(int(step) if step.isascii() and step.isdigit() else step for step in steps)


def json_paths(
    blocks: Iterable[bytes], reporter: Reporter, keys: list[Path], values: list[Path], value: bytes = b"1"
) -> Iterator[bytes]:
    """`key TAB value` from each line of JSON, several paths joined by TAB; without value paths a constant value.

    A string gives its text (with TAB, LF and CR escaped), anything else its JSON. A line that is no JSON or lacks a
    path is a bad record.
    """
    import json  # 4 ms that no other mapper should pay

    seen = 0
    for block in blocks:
        records = []
        for line in lines_of(block):
            seen += 1
            try:
                document = json.loads(line)
                key = b"\t".join([text_at(document, path) for path in keys])
                rest = b"\t".join([text_at(document, path) for path in values]) if values else value
                records.append(b"%b\t%b\n" % (key, rest))
            except KeyError as missing:
                reporter.bad_record(seen, f"nothing at path {missing.args[0]}")
            except (ValueError, RecursionError):
                reporter.bad_record(seen, "not a line of JSON in UTF-8")
        if records:
            yield b"".join(records)


def text_at(document: Any, path: Path) -> bytes:
    """What stands at a path; raises KeyError with the path when nothing does."""
    found = document
    for step in path:
        if isinstance(found, dict) and str(step) in found:
            found = found[str(step)]
        elif isinstance(found, list) and isinstance(step, int) and step < len(found):
            found = found[step]
        else:
            raise KeyError(".".join(map(str, path)))
    if not isinstance(found, str):
        import json

        found = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    return found.translate(ESCAPED).encode("utf-8")
