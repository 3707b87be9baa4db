"""Java strings: decoding with Java's replacement of malformed UTF-8, and String.trim."""

import re

# Java replaces an encoded surrogate, also one cut short, as a single malformed sequence; Python as two or three
SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]?")
REPLACEMENT = "\ufffd".encode()
BLANKS = "".join(map(chr, range(0x21)))  # what String.trim removes


def decode(data: bytes) -> str:
    """Decode UTF-8 as Java does: each malformed sequence becomes U+FFFD."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return SURROGATE.sub(REPLACEMENT, data).decode("utf-8", "replace")


def replace_malformed(data: bytes) -> bytes:
    """Replace each malformed sequence of UTF-8, as decoding to a Java string and encoding it again does."""
    return data if data.isascii() else decode(data).encode()


def trim(text: str) -> str:
    """Remove blanks and control characters from both ends, as Java's String.trim does."""
    return text.strip(BLANKS)
