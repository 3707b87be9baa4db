"""codecs.py: one stream or many, in every codec: the bytes as they were, or an error."""

import gzip
from pathlib import Path

import pytest
from encoded_files import COMPRESS, read
from hypothesis import given, settings
from hypothesis import strategies as st

from streamtools.errors import DataError, UsageError
from streamtools.inputs import open_inputs
from streamtools.inputs.codecs import CODECS, decode, format_of, may_be_encoded

SKIPPABLE = b"\x53\x2a\x4d\x18\x05\x00\x00\x00hello"


every_codec = pytest.mark.parametrize("name", COMPRESS)


@every_codec
def test_content_decides_not_the_suffix(name: str, tmp_path: Path, log: bytes) -> None:
    for suffix in (name, "txt", "bz2" if name == "gz" else "gz"):
        file = tmp_path / f"log.{suffix}"
        file.write_bytes(COMPRESS[name](log))
        assert read(file) == log


@every_codec
def test_no_bytes_compressed_are_no_bytes(name: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(COMPRESS[name](b""))
    assert read(tmp_path / "x") == b""


@every_codec
@settings(max_examples=25)
@given(parts=st.lists(st.binary(max_size=300), min_size=1, max_size=4), size=st.integers(1, 400))
def test_streams_one_after_the_other_read_in_pieces_of_any_size(name: str, parts: list[bytes], size: int) -> None:
    packed = b"".join(map(COMPRESS[name], parts))
    pieces = (packed[at : at + size] for at in range(0, len(packed), size))
    assert b"".join(decode(pieces, CODECS[name], "x")) == b"".join(parts)


@pytest.mark.parametrize("window", [27, 28])
def test_a_window_that_is_too_large_is_no_damage(window: int, tmp_path: Path) -> None:
    """As of zstd --long=28 and more, which zstd itself reads only when told so."""
    block = (len(b"hello") << 3 | 1).to_bytes(3, "little") + b"hello"
    (tmp_path / "x.zst").write_bytes(b"\x28\xb5\x2f\xfd\0" + bytes([(window - 10) << 3]) + block)
    if window == 27:
        assert read(tmp_path / "x.zst") == b"hello"
    else:
        with pytest.raises(DataError, match=r"x\.zst: needs more memory than .* zstd -dc --long=31 "):
            read(tmp_path / "x.zst")


@every_codec
def test_blocks_stay_small_whatever_the_ratio(name: str, tmp_path: Path) -> None:
    (tmp_path / "zeros").write_bytes(COMPRESS[name](bytes(20_000_000)))
    sizes = [len(block) for block in open_inputs([str(tmp_path / "zeros")])]
    assert sum(sizes) == 20_000_000
    assert max(sizes) <= 1 << 20


@pytest.mark.parametrize(
    ("name", "padding"),
    [
        ("gz", b"\0"),
        ("gz", bytes(100_000)),
        ("xz", bytes(4)),
        ("xz", bytes(400_000)),
        ("zst", SKIPPABLE),
        ("lz4", SKIPPABLE),
    ],
)
def test_legal_padding_between_and_after_streams(name: str, padding: bytes, tmp_path: Path, log: bytes) -> None:
    one = COMPRESS[name](log)
    (tmp_path / "x").write_bytes(one + padding + one + padding)
    assert read(tmp_path / "x") == log + log


@pytest.mark.parametrize("name", ["zst", "lz4"])
def test_a_skippable_frame_may_come_first(name: str, tmp_path: Path, log: bytes) -> None:
    file = tmp_path / f"x.{name}"  # the two formats share such frames: here the suffix decides
    file.write_bytes(SKIPPABLE + COMPRESS[name](log))
    assert read(file) == log


@every_codec
@pytest.mark.parametrize("garbage", [b"x", b"garbage after the stream", b"\0\0\0x"], ids=repr)
def test_garbage_after_a_stream_is_an_error(name: str, garbage: bytes, tmp_path: Path, log: bytes) -> None:
    file = tmp_path / "x"
    file.write_bytes(COMPRESS[name](log) + garbage)
    with pytest.raises(DataError, match=f"{file}: .*byte [0-9,]+.*of output"):
        read(file)


@every_codec
def test_a_damaged_second_stream_is_an_error_and_not_garbage(name: str, tmp_path: Path, log: bytes) -> None:
    one = COMPRESS[name](log)
    (tmp_path / "x").write_bytes(one + b"\xff" + one[1:] + one)  # here the standard library gives the first and ends
    with pytest.raises(DataError):
        read(tmp_path / "x")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.gz", b""),
        ("x.gz", b"plain text\n"),
        ("x.7z", b"plain text\n"),
        ("x.bz2", b"BZh9 is how this text begins"),
        ("x.7z.001", b"some volume"),
        ("x.zst", b"\x28\xb5\x2f"),
        ("x", b"PK\x03\x04 a zip file"),
        ("x", b"\x1f\x9d\x90 compress"),
    ],
)
def test_what_is_named_or_begins_like_compressed_data_and_is_none(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError):
        read(tmp_path / name)
    assert read(tmp_path / name, format="plain") == content


@pytest.mark.parametrize(
    ("head", "format"),
    [
        (b"", "plain"),
        (b"BZh9 text", "plain"),
        (b"\x1f", "plain"),
        (b"\x1f\x8b\x08", "gz"),
        (b"BZh91AY&SY", "bz2"),
        (b"\xfd7zXZ\0", "xz"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"\x28\xb5\x2f\xfd", "zst"),
        (b"\x04\x22\x4d\x18", "lz4"),
    ],
)
def test_format_of(head: bytes, format: str) -> None:
    assert format_of("x", head) == format
    assert format == "plain" or may_be_encoded(head[:1])


def test_a_format_can_be_forced(tmp_path: Path, log: bytes) -> None:
    packed = gzip.compress(log)
    (tmp_path / "x").write_bytes(packed)
    assert read(tmp_path / "x", format="plain") == packed
    with pytest.raises(DataError):
        read(tmp_path / "x", format="bz2")
    with pytest.raises(UsageError, match=r"unknown format 'zip'.*gz"):
        read(tmp_path / "x", format="zip")
