"""Text made fit to show or keep: without the secrets of URIs, and without control characters.

Everything that is written to stderr or into a report passes through here, whoever made the text: names of files and
keys come from anybody, and exceptions of libraries hold whole URIs.
"""

import re

HIDDEN = "***"
WEB = r"https?|ftps?"
USER = re.compile(
    r"([a-z][a-z0-9+.-]*://)(?:[^\s/?#@'\"]*|[^\s/?#:@'\"]*:(?!\d+/)[^\s@'\"]*)@(?:[^\s/@'\"]*@)*",
    re.IGNORECASE,
)
QUERY = re.compile(rf"((?:{WEB})://[^\s?#'\"<>]*)[?#][^\s'\"<>]+", re.IGNORECASE)
PARAMETERS = re.compile(
    r"([a-z][a-z0-9+.-]*://[^\s?'\"<>]*|(?<![^\s'\"(])/[^\s?'\"<>]*)\?[\w.~%-]+=[^\s'\"<>)]*",
    re.IGNORECASE,
)
# C0 and C1, the bytes of C1 that are no part of UTF-8 text, and the marks that change the direction of text
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\udc80-\udc9f\u202a-\u202e\u2066-\u2069]")


def redact(text: str) -> str:
    """Return a text in which user info and queries of URIs are replaced by ***."""
    if "://" not in text and "?" not in text:
        return text
    text = USER.sub(rf"\1{HIDDEN}@", text)
    text = QUERY.sub(rf"\1?{HIDDEN}", text)
    return PARAMETERS.sub(rf"\1?{HIDDEN}", text)


def printable(text: str) -> str:
    r"""Return a text whose control characters, but for TAB and LF, are written as \x1b is."""
    return CONTROL.sub(_escape, text)


def printable_bytes(text: bytes) -> bytes:
    """Return bytes whose control characters, but for TAB and LF, are escaped; other bytes stay, UTF-8 or not."""
    return printable(text.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def to_show(text: str) -> str:
    """Return a text for a terminal or a report: secrets and control characters replaced."""
    return printable(redact(text))


def _escape(match: "re.Match[str]") -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was not decoded
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
