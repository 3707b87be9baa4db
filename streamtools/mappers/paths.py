"""Keys and values picked by path from lines of JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from json import JSONDecoder
from json.encoder import encode_basestring

from streamtools.errors import UsageError
from streamtools.records import lines_of
from streamtools.reporter import Reporter

Path = tuple[str, ...]

ESCAPES = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r"})
LITERALS: dict[object, str] = {True: "true", False: "false", None: "null"}


class NumberText(str):
    """A number as it is written, because a float would change 1.10 and 1e400."""


def parse_path(text: str) -> Path:
    """Split a path such as `user.tags.0` into its steps: names in objects, and positions in lists from 0.

    Raises UsageError for an empty step.
    """
    steps = tuple(text.split("."))
    if not all(steps):
        raise UsageError(text, "invalid path", "write names separated by dots, for example user.id or tags.0")
    return steps


def json_paths(
    blocks: Iterable[bytes], reporter: Reporter, keys: list[Path], values: list[Path], value: bytes = b"1"
) -> Iterator[bytes]:
    """Yield `key TAB value` from each line of JSON, several paths joined by TAB; without value paths a constant value.

    A string becomes its text (TAB, LF and CR escaped), anything else its JSON, with numbers as they are written.
    A line that is not JSON or lacks a path is a bad record.
    """
    decode = JSONDecoder(parse_float=NumberText, parse_int=NumberText, parse_constant=NumberText).decode
    seen = 0
    for block in blocks:
        records = []
        for line in lines_of(block):
            seen += 1
            try:
                document = decode(line.decode("utf-8").removeprefix("\ufeff"))
                key = b"\t".join([text_at(document, path) for path in keys])
                rest = b"\t".join([text_at(document, path) for path in values]) if values else value
                records.append(b"%b\t%b\n" % (key, rest))
            except KeyError as missing:
                reporter.bad_record(seen, f"path {missing.args[0]} not found")
            except (ValueError, RecursionError):
                reporter.bad_record(seen, "line is not JSON in UTF-8")
        if records:
            yield b"".join(records)


def text_at(document: object, path: Path) -> bytes:
    """Return the text of what a path leads to. Raises KeyError with the path if there is nothing."""
    found = document
    for step in path:
        if isinstance(found, dict) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isascii() and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        else:
            raise KeyError(".".join(path))
    text = found if isinstance(found, str) else json_of(found)
    return text.translate(ESCAPES).encode("utf-8")


def json_of(value: object) -> str:
    """Return a value as JSON without blanks."""
    if isinstance(value, NumberText):
        return value
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, list):
        return f"[{','.join(map(json_of, value))}]"
    if isinstance(value, dict):
        items = [f"{encode_basestring(name)}:{json_of(item)}" for name, item in value.items()]
        return f"{{{','.join(items)}}}"
    return LITERALS[value]
