"""Java's strings: malformed UTF-8, and trimming."""

import pytest

from streamtools.java.strings import decode, replace_malformed, trim

STRINGS = [
    (b"caf\xc3\xa9", "caf\xe9"),
    (b"a\xffb", "a\ufffdb"),
    (b"\xed\xa0\x80", "\ufffd"),  # an encoded surrogate is one mistake
    (b"\xed\xa0x", "\ufffdx"),
    (b"\xed\xbf", "\ufffd"),
    (b"\xe0\x80\x80", "\ufffd" * 3),
    (b"\xf0\x9f\x98", "\ufffd"),
    (b"\xc3", "\ufffd"),
    (b"\xed\x9f\xbf", "\ud7ff"),
]


@pytest.mark.parametrize("data, text", STRINGS)
def test_malformed_text_is_replaced_as_java_does(data, text):
    assert decode(data) == text
    assert replace_malformed(data) == text.encode()


def test_trim_takes_control_characters_too():
    assert trim("\x00 a b\t\x1f") == "a b" and trim("\x7f\xa0") == "\x7f\xa0"
