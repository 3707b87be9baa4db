"""methods.py and folder_decoder.py: every method of 7z, in chunks of any size."""

import random
from collections.abc import Callable
from pathlib import Path

import py7zr
import pytest
from encoded_files import py7zr_archive, read

from streamtools.errors import DataError
from streamtools.inputs import list_inputs

Make = Callable[..., Path]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(options.split(), id=options or "LZMA2, solid")
        for options in (
            "",
            "-ms=off",
            "-mhc=off",
            "-m0=lzma",
            "-m0=lzma -mlc=4 -mpb=0",
            "-m0=ppmd",
            "-m0=bzip2",
            "-m0=deflate",
            "-m0=deflate64",
            "-m0=copy",
            "-m0=delta:4 -m1=lzma2",
            "-m0=delta:4 -m1=lzma",
            "-m0=delta:3 -m1=bzip2",
            "-m0=delta:200 -m1=ppmd",
            "-m0=bcj -m1=lzma2",
            "-m0=bcj -m1=lzma",
            "-m0=bcj -m1=deflate",
            "-m0=ppc -m1=lzma2",
            "-m0=arm -m1=lzma",
            "-m0=armt -m1=lzma2",
            "-m0=sparc -m1=lzma",
            "-m0=ia64 -m1=lzma2",
            "-v10k",
            "-psecret",
            "-psecret -mhe",
            "-psecret -m0=ppmd",
            "-psecret -m0=copy",
            "-psecret -m0=bcj -m1=lzma",
        )
    ],
)
def test_every_method(
    options: list[str], sevenzz: Make, log: bytes, other: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMTOOLS_7Z_PASSWORD", "secret")
    binary = random.Random(1).randbytes(10_000) + bytes(range(256)) * 20
    archive = sevenzz("x.7z", {"a.tsv": log, "b.bin": binary, "c.tsv": other}, *options)
    first = archive if archive.exists() else archive.with_name("x.7z.001")
    assert read(first, add_line_ends=False) == b"".join(
        {"a.tsv": log, "b.bin": binary, "c.tsv": other}[row.member] for row in list_inputs([str(first)])
    )
    for name, data in (("a.*", log), ("*.bin", binary), ("c.tsv", other)):
        assert read(first, member=name) == data


@pytest.mark.parametrize("option", ["-m0=bcj2", "-m0=arm64", "-m0=ia64 -m1=lzma"])
def test_what_cannot_be_decoded_is_refused_by_name_before_anything_is_given(
    option: str, sevenzz: Make, log: bytes
) -> None:
    name = option.split()[0].partition("=")[2].upper()
    archive = sevenzz("x.7z", {"a": log}, *option.split())
    assert name in next(list_inputs([str(archive)])).method
    with pytest.raises(DataError, match=f"folder 0 needs {name}, which is not supported; .*7zz x -so") as raised:
        read(archive)
    assert "of output" not in str(raised.value)


@pytest.mark.parametrize(
    "filters",
    [
        [{"id": py7zr.FILTER_LZMA2, "preset": 1}],
        [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA, "preset": 1}],
        [{"id": py7zr.FILTER_ZSTD, "level": 3}],
        [{"id": py7zr.FILTER_BROTLI, "level": 3}],
        [{"id": py7zr.FILTER_PPMD, "order": 6, "mem": 20}],
    ],
    ids=["LZMA2", "BCJ LZMA", "ZSTD", "Brotli", "PPMD"],
)
def test_written_by_py7zr(filters: list[dict[str, int]], tmp_path: Path, log: bytes, other: bytes) -> None:
    members = {"a.tsv": log, "empty": b"", "d/b.tsv": other, "c.tsv": log}
    file = py7zr_archive(tmp_path / "x.7z", members, filters=filters)
    assert read(file) == log + other + log
    assert [(row.member, row.size) for row in list_inputs([str(file)])] == [(n, len(d)) for n, d in members.items()]


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("option", ["-m0=lzma2", "-m0=lzma", "-m0=bzip2", "-m0=deflate", "-m0=deflate64", "-psecret"])
def test_packed_bytes_may_come_in_pieces_of_any_size(
    option: str, size: int, sevenzz: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytes(3 * (1 << 18)) + b"x"  # the end of a block of output meets the end of a piece of input
    archive = sevenzz("x.7z", {"a": data}, option)
    monkeypatch.setattr("streamtools.inputs.sevenzip.folder_decoder.PACKED", size)
    assert read(archive, password=lambda _: "secret") == data


@pytest.mark.parametrize("size", [100, 1000, 4096, 1 << 20])
def test_ppmd_whose_blocks_end_with_a_piece(size: int, log: bytes) -> None:
    """Long runs of one byte: pyppmd calls it the end where a block and what it was given end together."""
    import pyppmd

    from streamtools.inputs.sevenzip import methods
    from streamtools.inputs.sevenzip.archive import Coder

    lines = log * 2 + b"".join(b"L" * 300_000 + b"\n" for _ in range(3)) + log
    order, memory = 6, 1 << 20
    encoder = pyppmd.Ppmd7Encoder(order, memory)
    packed = encoder.encode(lines) + encoder.flush()
    coder = Coder(b"\x03\x04\x01", bytes([order]) + memory.to_bytes(4, "little"), len(lines))
    pieces = (packed[at : at + size] for at in range(0, len(packed), size))
    assert b"".join(methods.decode_ppmd_here(coder, pieces)) == lines
