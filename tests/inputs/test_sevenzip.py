"""header.py and members.py: members in archive order, in bounded memory, their checksums verified."""

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from encoded_files import py7zr_archive, read

from streamtools.errors import DataError, NoInputError, UsageError
from streamtools.inputs import list_inputs

Make = Callable[..., Path]


def test_members_are_concatenated_as_lines(tmp_path: Path) -> None:
    file = py7zr_archive(tmp_path / "x.7z", {"a": b"one\ntwo", "b": b"", "c": b"three", "d": b"four\n", "e": b"five"})
    assert read(file) == b"one\ntwo\nthree\nfour\nfive"
    assert read(file, add_line_ends=False) == b"one\ntwothreefour\nfive"
    assert read(file, file) == b"one\ntwo\nthree\nfour\nfive\none\ntwo\nthree\nfour\nfive"


def test_empty_files_directories_and_nothing_at_all(sevenzz: Make, tmp_path: Path) -> None:
    archive = sevenzz("x.7z", {"d/empty": b"", "d/one": b"1\n"})
    with_directory = archive.with_name("y.7z")
    subprocess.run(["7zz", "a", with_directory.name, "d"], cwd=archive.parent, check=True, stdout=subprocess.DEVNULL)
    assert read(with_directory) == b"1\n"
    assert sorted(row.member for row in list_inputs([str(with_directory)])) == ["d/empty", "d/one"]
    nothing = py7zr_archive(tmp_path / "nothing.7z", {})
    assert read(nothing) == b""
    assert list(list_inputs([str(nothing)])) == []


def test_member_by_glob(tmp_path: Path) -> None:
    file = py7zr_archive(tmp_path / "x.7z", {"2024/a.tsv": b"1\n", "2025/a.tsv": b"2\n", "2025/b.txt": b"3\n"})
    assert read(file, member="*.tsv") == b"1\n2\n"
    assert read(file, member="2025/*") == b"2\n3\n"
    with pytest.raises(NoInputError, match=r"no member matches '\*.gz'"):
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
    with pytest.raises(DataError, match="check the password"):
        read(archive)


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
    assert b"cannot be read from a pipe" in done.stderr


@pytest.mark.parametrize("position", [0.3, 0.6, 0.9])
def test_the_next_members_go_on_when_damage_is_told(position: float, sevenzz: Make, log: bytes, other: bytes) -> None:
    files = {"a": log, "b": log[::-1], "c": other}
    archive = sevenzz("x.7z", files, "-ms=off", "-m0=copy")
    folders = [row.packed for row in list_inputs([str(archive)])]
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


def test_members_behind_the_damage_in_a_solid_folder_are_told_each(sevenzz: Make, log: bytes, other: bytes) -> None:
    archive = sevenzz("x.7z", {"a": log, "b": log[::-1], "c": other})
    data = bytearray(archive.read_bytes())
    data[32 + 100 : 32 + 110] = b"\xff" * 10
    archive.write_bytes(data)
    told: list[DataError] = []
    read(archive, on_error=told.append)
    assert [error.place.removeprefix(f"{archive}: ")[:1] for error in told] == ["a", "b", "c"]
    assert f"all {len(other):,} bytes are lost" in str(told[2])


MEASURE = """
import sys
from streamtools.inputs import ReadOptions, open_inputs
size = sum(map(len, open_inputs(sys.argv[1:])))
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
