"""7z archives of every kind: members in archive order, in bounded memory, their checksums verified."""

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import py7zr
import pytest

from streamtools.errors import DataError, NoInputError, StreamtoolsError, UsageError
from streamtools.inputs import listing, open_blocks
from streamtools.inputs.sevenzip.volumes import open_volumes

Make = Callable[..., Path]


def read(*names: Path, **options: object) -> bytes:
    return b"".join(open_blocks([str(name) for name in names], **options))  # type: ignore[arg-type]


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
    assert read(first, lines=False) == b"".join(
        {"a.tsv": log, "b.bin": binary, "c.tsv": other}[row.member] for row in listing([str(first)])
    )
    for name, data in (("a.*", log), ("*.bin", binary), ("c.tsv", other)):
        assert read(first, member=name) == data


@pytest.mark.parametrize("option", ["-m0=bcj2", "-m0=arm64", "-m0=ia64 -m1=lzma"])
def test_what_cannot_be_decoded_is_refused_by_name_before_anything_is_given(
    option: str, sevenzz: Make, log: bytes
) -> None:
    name = option.split()[0].partition("=")[2].upper()
    archive = sevenzz("x.7z", {"a": log}, *option.split())
    assert name in next(listing([str(archive)])).method
    with pytest.raises(DataError, match=f"folder 0 needs {name}, which cannot be decoded here; .*7zz x -so") as raised:
        read(archive)
    assert "given out" not in str(raised.value)


def py7zr_archive(file: Path, members: dict[str, bytes], **options: object) -> Path:
    with py7zr.SevenZipFile(file, "w", **options) as archive:  # type: ignore[arg-type]
        for name, data in members.items():
            archive.writestr(data, name)
    return file


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
    assert [(row.member, row.size) for row in listing([str(file)])] == [(n, len(d)) for n, d in members.items()]


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("option", ["-m0=lzma2", "-m0=lzma", "-m0=bzip2", "-m0=deflate", "-m0=deflate64", "-psecret"])
def test_packed_bytes_may_come_in_pieces_of_any_size(
    option: str, size: int, sevenzz: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytes(3 * (1 << 18)) + b"x"  # the end of a block of output meets the end of a piece of input
    archive = sevenzz("x.7z", {"a": data}, option)
    monkeypatch.setattr("streamtools.inputs.sevenzip.decoders.PIECE", size)
    assert read(archive, password=lambda _: "secret") == data


def test_members_are_concatenated_as_lines(tmp_path: Path) -> None:
    file = py7zr_archive(tmp_path / "x.7z", {"a": b"one\ntwo", "b": b"", "c": b"three", "d": b"four\n", "e": b"five"})
    assert read(file) == b"one\ntwo\nthree\nfour\nfive"
    assert read(file, lines=False) == b"one\ntwothreefour\nfive"
    assert read(file, file) == b"one\ntwo\nthree\nfour\nfive\none\ntwo\nthree\nfour\nfive"


def test_empty_files_directories_and_nothing_at_all(sevenzz: Make, tmp_path: Path) -> None:
    archive = sevenzz("x.7z", {"d/empty": b"", "d/one": b"1\n"})
    with_directory = archive.with_name("y.7z")
    subprocess.run(["7zz", "a", with_directory.name, "d"], cwd=archive.parent, check=True, stdout=subprocess.DEVNULL)
    assert read(with_directory) == b"1\n"
    assert sorted(row.member for row in listing([str(with_directory)])) == ["d/empty", "d/one"]
    nothing = py7zr_archive(tmp_path / "nothing.7z", {})
    assert read(nothing) == b""
    assert list(listing([str(nothing)])) == []


def test_the_list_tells_what_7zz_tells(sevenzz: Make, log: bytes, other: bytes) -> None:
    archive = sevenzz("x.7z", {"a.tsv": log, "b.tsv": other}, "-ms=off")
    told = subprocess.run(["7zz", "l", "-slt", archive], capture_output=True, text=True, check=True).stdout
    fields = [dict(line.split(" = ", 1) for line in part.splitlines() if " = " in line) for part in told.split("\n\n")]
    expected = [
        (part["Path"], int(part["Size"]), int(part["Packed Size"]), int(part["Block"]), int(part["CRC"], 16))
        for part in fields
        if "CRC" in part
    ]
    rows = list(listing([str(archive)]))
    assert [(row.member, row.size, row.packed, row.folder, row.crc) for row in rows] == expected
    assert {row.method for row in rows} == {"LZMA2"}


def test_member_by_glob(tmp_path: Path) -> None:
    file = py7zr_archive(tmp_path / "x.7z", {"2024/a.tsv": b"1\n", "2025/a.tsv": b"2\n", "2025/b.txt": b"3\n"})
    assert read(file, member="*.tsv") == b"1\n2\n"
    assert read(file, member="2025/*") == b"2\n3\n"
    with pytest.raises(NoInputError, match=r"has no member that fits '\*.gz'"):
        read(file, member="*.gz")


@pytest.mark.parametrize("options", [["-psecret"], ["-psecret", "-mhe"]], ids=["data", "header too"])
def test_passwords(options: list[str], sevenzz: Make, log: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = sevenzz("x.7z", {"a": log, "b": log[::-1]}, *options)
    monkeypatch.delenv("STREAMTOOLS_7Z_PASSWORD", raising=False)
    with pytest.raises(UsageError, match="is encrypted; set STREAMTOOLS_7Z_PASSWORD"):
        read(archive)
    asked: list[str] = []
    assert read(archive, password=lambda name: asked.append(name) or "secret", member="a") == log  # type: ignore[func-returns-value]
    assert asked == [str(archive)]  # once
    monkeypatch.setenv("STREAMTOOLS_7Z_PASSWORD", "wrong")
    with pytest.raises(DataError, match="a wrong password, or damage"):
        read(archive)


def test_a_volume_that_is_missing(sevenzz: Make, log: bytes) -> None:
    archive = sevenzz("x.7z", {"a": random.Random(1).randbytes(50_000)}, "-v10k")
    first = archive.with_name("x.7z.001")
    archive.with_name("x.7z.003").unlink()
    with pytest.raises(DataError, match=r"cut short.*volumes"):
        read(first)


def test_volumes_that_were_closed_stay_so(tmp_path: Path) -> None:
    (tmp_path / "x.7z.001").write_bytes(b"a")
    (tmp_path / "x.7z.002").write_bytes(b"b")
    whole = open_volumes(str(tmp_path / "x.7z.001"))
    assert whole.read() == b"ab"
    whole.close()
    whole.seek(0)
    with pytest.raises(ValueError, match="closed"):  # a thread that decodes ahead may come late
        whole.read()
    assert whole.current is None  # type: ignore[attr-defined]


def test_two_archives_in_one_file_are_not_taken_for_one(tmp_path: Path, log: bytes) -> None:
    data = py7zr_archive(tmp_path / "x.7z", {"a": log}).read_bytes()
    (tmp_path / "two.7z").write_bytes(data + data)
    with pytest.raises(DataError, match=f"{len(data):,} bytes follow the end of the archive"):
        read(tmp_path / "two.7z")
    (tmp_path / "padded.7z").write_bytes(data + bytes(100_000))
    assert read(tmp_path / "padded.7z") == log


def test_through_a_pipe_it_says_what_to_do(
    tmp_path: Path, log: bytes, st_cat: Callable[..., subprocess.CompletedProcess[bytes]]
) -> None:
    file = py7zr_archive(tmp_path / "x.7z", {"a": log})
    with file.open("rb") as opened:
        assert st_cat(stdin=opened).stdout == log  # a file on stdin can be sought in
    done = st_cat(input=file.read_bytes())
    assert (done.returncode, done.stdout) == (64, b"")
    assert b"cannot be read through a pipe" in done.stderr


@pytest.mark.parametrize("position", [0.3, 0.6, 0.9])
def test_the_next_members_go_on_when_damage_is_told(position: float, sevenzz: Make, log: bytes, other: bytes) -> None:
    files = {"a": log, "b": log[::-1], "c": other}
    archive = sevenzz("x.7z", files, "-ms=off", "-m0=copy")
    folders = [row.packed for row in listing([str(archive)])]
    data = bytearray(archive.read_bytes())
    at = 32 + int(sum(size or 0 for size in folders) * position)
    data[at] ^= 1
    archive.write_bytes(data)
    told: list[DataError] = []
    out = read(archive, on_error=told.append)
    assert len(told) == 1
    assert len(out) == sum(map(len, files.values())) + 1  # Copy decodes all, the checksum tells; an LF after b
    with pytest.raises(DataError, match="wrong checksum"):
        read(archive)


def test_a_broken_folder_loses_its_members_only(sevenzz: Make, log: bytes, other: bytes) -> None:
    archive = sevenzz("x.7z", {"a": log, "b": log[::-1], "c": other}, "-ms=off")
    data = bytearray(archive.read_bytes())
    data[32 + 100 : 32 + 110] = b"\xff" * 10
    archive.write_bytes(data)
    told: list[DataError] = []
    out = read(archive, on_error=told.append)
    assert out.endswith((log[::-1] + b"\n" + other, log[::-1] + other))
    assert len(told) == 1
    assert f"{archive}: a: byte " in str(told[0])


MEASURE = """
import sys
from streamtools.inputs import open_blocks
size = sum(map(len, open_blocks(sys.argv[1:])))
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))  # ru_maxrss knows the parent's
print(size, int(peak.split()[1]) // 1024)
"""
needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is measured by /proc")


def measured(*names: Path) -> tuple[int, int]:
    """(bytes decoded, peak MiB of the process)."""
    command = [sys.executable, "-c", MEASURE, *map(str, names)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    size, peak = done.stdout.split()
    return int(size), int(peak)


@needs_proc
@pytest.mark.parametrize("method", ["lzma2", "deflate", "ppmd"])
def test_memory_does_not_grow_with_the_ratio_or_the_member(method: str, sevenzz: Make) -> None:
    size = {"lzma2": 120_000_000, "ppmd": 20_000_000}.get(method, 60_000_000)
    small = sevenzz("one.7z", {"one": b"1"}, "-m0=" + method)
    zeros = sevenzz("zeros.7z", {"zeros": bytes(size)}, f"-m0={method}", *(["-md=1m"] if "lzma" in method else []))
    assert zeros.stat().st_size < 1_000_000
    decoded, peak = measured(zeros)
    assert decoded == size
    assert peak - measured(small)[1] < 16  # MiB


@needs_proc
def test_memory_does_not_grow_with_the_number_of_members(sevenzz: Make) -> None:
    generator = random.Random(1)
    files = {f"{n:03}": generator.randbytes(50_000) for n in range(240)}
    archive = sevenzz("many.7z", files, "-ms=on", "-md=64k", "-ma=0", "-mmt=2")
    decoded, peak = measured(archive)
    assert decoded >= 12_000_000
    assert peak - measured(sevenzz("one.7z", {"one": b"1"}))[1] < 6  # MiB; py7zr keeps all packed bytes of the folder


def test_a_crash_of_the_decoder_is_an_error(sevenzz: Make, log: bytes) -> None:
    archive = sevenzz("x.7z", {"a": log * 5}, "-m0=ppmd")
    good = archive.read_bytes()
    generator = random.Random(1)
    outcomes = set()
    for _ in range(25):
        data = bytearray(good)
        data[generator.randrange(32, len(data) - 200)] ^= 1 << generator.randrange(8)
        archive.write_bytes(data)
        try:
            outcomes.add(read(archive) == log * 5)
        except StreamtoolsError:
            outcomes.add(True)
    assert outcomes == {True}


@pytest.mark.parametrize("size", [100, 1000, 4096, 1 << 20])
def test_ppmd_whose_blocks_end_with_a_piece(size: int, log: bytes) -> None:
    """Long runs of one byte: pyppmd calls it the end where a block and what it was given end together."""
    import pyppmd

    from streamtools.inputs.sevenzip import decoders
    from streamtools.inputs.sevenzip.archive import Coder

    lines = log * 2 + b"".join(b"L" * 300_000 + b"\n" for _ in range(3)) + log
    order, memory = 6, 1 << 20
    encoder = pyppmd.Ppmd7Encoder(order, memory)
    packed = encoder.encode(lines) + encoder.flush()
    coder = Coder(b"\x03\x04\x01", bytes([order]) + memory.to_bytes(4, "little"), len(lines))
    pieces = (packed[at : at + size] for at in range(0, len(packed), size))
    assert b"".join(decoders._ppmd_here(coder, pieces)) == lines
