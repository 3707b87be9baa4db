"""One stream or many, in every codec: the bytes as they were, or an error."""

import bz2
import gzip
import lzma
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamtools.errors import DataError, UsageError
from streamtools.inputs import apart, open_blocks
from streamtools.inputs.codecs import CODECS, decode, format_of, may_be_packed

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd
lz4_frame = pytest.importorskip("lz4.frame")


def zst(data: bytes) -> bytes:
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})


def lz4(data: bytes) -> bytes:
    return lz4_frame.compress(data, content_checksum=True)  # type: ignore[no-any-return]


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zst, "lz4": lz4
}  # fmt: skip
SKIPPABLE = b"\x53\x2a\x4d\x18\x05\x00\x00\x00hello"
every_codec = pytest.mark.parametrize("name", COMPRESS)


def read(*names: Path, **options: object) -> bytes:
    return b"".join(open_blocks([str(name) for name in names], **options))  # type: ignore[arg-type]


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
    sizes = [len(block) for block in open_blocks([str(tmp_path / "zeros")])]
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
    with pytest.raises(DataError, match=f"{file}: .*byte [0-9,]+.*given out"):
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
        ("x.7z.002", b"some volume"),
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
    assert format == "plain" or may_be_packed(head[:1])


def test_a_format_can_be_forced(tmp_path: Path, log: bytes) -> None:
    packed = gzip.compress(log)
    (tmp_path / "x").write_bytes(packed)
    assert read(tmp_path / "x", format="plain") == packed
    with pytest.raises(DataError):
        read(tmp_path / "x", format="bz2")
    with pytest.raises(UsageError, match=r"'zip' is no format.*gz"):
        read(tmp_path / "x", format="zip")


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        ([b"a\n", b"b\n"], b"a\nb\n"),
        ([b"a", b"b"], b"a\nb"),
        ([b"a", b"", b"b"], b"a\nb"),
        ([b"a", b""], b"a"),
        ([b"", b"b"], b"b"),
        ([b"a\r", b"\nb"], b"a\r\n\nb"),
        ([], b""),
    ],
)
def test_no_two_files_share_a_line(parts: list[bytes], joined: bytes, tmp_path: Path) -> None:
    assert b"".join(apart([part] for part in parts)) == joined
    files = [tmp_path / str(n) for n in range(len(parts))]
    for file, part in zip(files, parts, strict=True):
        file.write_bytes(part)
    if files:
        assert read(*files) == joined
        assert read(*files, lines=False) == b"".join(parts)


def test_a_fifo_is_an_input_like_any_other(tmp_path: Path, log: bytes) -> None:
    (tmp_path / "log.gz").write_bytes(gzip.compress(log))
    script = "import sys; from streamtools.inputs import open_blocks; print(sum(map(len, open_blocks(sys.argv[1:]))))"
    command = f"'{sys.executable}' -c '{script}' <(cat {tmp_path}/log.gz) {tmp_path}/log.gz"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.stdout == f"{2 * len(log)}\n", done.stderr


def test_the_other_files_go_on_when_damage_is_told(tmp_path: Path, log: bytes, other: bytes) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(log)[:-4])
    (tmp_path / "b.gz").write_bytes(b"nothing of the kind")
    (tmp_path / "c.gz").write_bytes(gzip.compress(other))
    told: list[DataError] = []
    assert read(*sorted(tmp_path.iterdir()), on_error=told.append) == log + other
    assert [Path(error.place).name for error in told] == ["a.gz", "b.gz"]
