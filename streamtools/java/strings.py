"""Bytes as a Java string and back: what passes through `Text.toString` does not always come out as it went in."""

import re

# Java takes an encoded surrogate, also one cut short, for a single malformed sequence; Python for two or three
SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]?")
REPLACEMENT = "\ufffd".encode()


def decoded(data: bytes) -> str:
    """The bytes as a Java string: each malformed sequence of UTF-8 is U+FFFD."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return SURROGATE.sub(REPLACEMENT, data).decode("utf-8", "replace")


def through_string(data: bytes) -> bytes:
    """What is left of the bytes behind a Java string."""
    return data if data.isascii() else decoded(data).encode()


def trimmed(text: str) -> str:
    """Java's String.trim: without the blanks and control characters at both ends."""
    return text.strip(BLANKS)


BLANKS = "".join(map(chr, range(0x21)))
