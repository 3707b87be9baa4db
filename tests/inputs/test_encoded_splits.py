"""Encoded inputs in st-run: which become several map tasks, each line read once, and the remarks on the others."""

import bz2
import gzip
import lzma
import os
import random
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler
from itertools import pairwise
from pathlib import Path

import pytest
from encoded_files import compress_in_ranges, flip_bit
from places import BIN
from serving import serving

from streamtools.errors import DataError
from streamtools.inputs.cuts import verify_members
from streamtools.job import Job, Refused, build_job, parse
from streamtools.local.input.line_reader import LineReader
from streamtools.local.input.split import Split
from streamtools.local.input.splits import find_splits

Make = Callable[..., Path]


MANY = ["-D", "mapreduce.job.maps=8"]


@pytest.fixture(scope="module")
def lines() -> bytes:
    """700 KB of lines that pack to a half."""
    generator = random.Random(3)
    return b"".join(b"u%d\t%x\n" % (n % 97, generator.getrandbits(60)) for n in range(32_000))


def job(*words: str) -> Job:
    return build_job(parse([*words, "-output", "out", "-mapper", "cat", "-reducer", "NONE"]))


def read_splits(found: list[Split]) -> list[bytes]:
    """The lines of all splits, sorted; what several of them have read of a member is verified."""
    readers = [LineReader(split) for split in found]
    content = b"".join(b"".join(reader.blocks()) for reader in readers)
    verify_members(each for reader in readers for each in reader.slices)
    return sorted(content.split(b"\n"))


@pytest.mark.parametrize(
    ("kind", "properties", "several"),
    [
        ("xz", [], True),
        ("zst", [], False),
        ("gz", [], False),
        ("zst", ["-D", "streamtools.split.packed=true"], True),
        ("gz", ["-D", "streamtools.split.packed=true"], True),
    ],
)
def test_streams(kind: str, properties: list[str], several: bool, tmp_path: Path, lines: bytes) -> None:
    path = tmp_path / f"x.{kind}"
    path.write_bytes(compress_in_ranges(kind, lines, 30_000))
    of_job = job(*MANY, *properties, "-input", str(path))
    found = find_splits(of_job).splits
    assert (len(found) > 4) == several
    assert sum(split.length for split in found) == path.stat().st_size
    assert read_splits(found) == sorted(lines.split(b"\n"))
    assert bool(find_splits(of_job).remarks) == (not several)
    assert len(find_splits(job("-input", str(path))).splits) == 1  # it is small
    assert find_splits(job("-input", str(path))).remarks == []


@pytest.mark.parametrize("options", [["-ms=off"], ["-m0=lzma2:d=64k:c=256k", "-mmt=2"], ["-ms=off", "-v200k"]])
def test_archives(options: list[str], sevenzz: Make, lines: bytes) -> None:
    members = {str(n): lines[: len(lines) * n // 9].rstrip(b"\n") for n in range(10)}
    path = sevenzz("x.7z", members, *options)
    inputs = ["-input", str(path if path.exists() else path.parent / "x.7z.*")]
    of_job = job(*MANY, *inputs)
    found = find_splits(of_job).splits
    assert len(found) > 4
    expected = b"".join(data + b"\n" for data in members.values() if data)
    assert read_splits(found) == sorted(expected.split(b"\n"))
    assert len({str(split) for split in found}) == len(found)


def test_what_is_not_cut_is_said_with_what_would_help(tmp_path: Path, lines: bytes) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(lines))
    (remark,) = find_splits(job(*MANY, "-input", str(path))).remarks
    assert "Hadoop does not cut .gz; -D streamtools.split.packed=true cuts it here" in remark
    assert f"st-pack {path} -o DIR" in remark


def test_what_can_only_be_decoded_from_its_start_is_shared(sevenzz: Make, tmp_path: Path, lines: bytes) -> None:
    xz = tmp_path / "x.xz"
    xz.write_bytes(lzma.compress(lines * 2))
    for path in (sevenzz("x.7z", {"a": lines, "b": lines}, "-m0=lzma"), xz):
        found = find_splits(job(*MANY, "-input", str(path)))
        assert len(found.splits) > 7 and all(split.share for split in found.splits)
        assert sum(split.packed for split in found.splits) == path.stat().st_size
        assert [each.start for each in found.splits] == sorted(each.start for each in found.splits)
        assert read_splits(found.splits) == sorted((lines * 2).split(b"\n"))
        assert found.remarks == []
        assert len(find_splits(job("-input", str(path))).splits) == 1  # it is small


def sorted_lines(data: bytes) -> list[bytes]:
    """The lines of a job's input or output, in which one without TAB ends in one."""
    return sorted(line.rstrip(b"\t") for line in data.split(b"\n"))


def run(folder: Path, *words: object) -> "subprocess.CompletedProcess[bytes]":
    command = [str(BIN / "st-run"), *map(str, words), "-output", "-", "-mapper", "cat", "-reducer", "NONE"]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=100)


def test_the_job_reads_all_parts_and_fails_for_a_damaged_one(sevenzz: Make, tmp_path: Path, lines: bytes) -> None:
    path = sevenzz("x.7z", {str(n): lines[n:200_000] for n in range(6)}, "-ms=off")
    done = run(tmp_path, *MANY, "-input", path)
    assert done.returncode == 0, done.stderr
    assert sorted_lines(done.stdout) == sorted_lines(b"".join(lines[n:200_000].rstrip(b"\n") + b"\n" for n in range(6)))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    done = run(tmp_path, *MANY, "-input", path)
    assert done.returncode == 1
    assert done.stdout == b""
    assert b"x.7z: 3: " in done.stderr


@pytest.fixture
def server(tmp_path: Path, lines: bytes) -> Iterator[str]:
    """The URI of a server of x.gz and x.txt."""
    pytest.importorskip("requests") if not os.environ.get("CI") else None

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "x.gz").write_bytes(gzip.compress(lines))
    (folder / "x.txt").write_bytes(lines)
    with serving(partial(Quiet, directory=str(folder))) as address:
        yield f"http://{address}"


@pytest.mark.parametrize("name", ["x.gz", "x.txt"])
def test_inputs_of_other_machines(name: str, server: str, tmp_path: Path, lines: bytes) -> None:
    (tmp_path / "here").write_bytes(b"one line\n")
    done = run(tmp_path, "-input", f"{server}/{name}", "-input", "here")
    assert done.returncode == 0, done.stderr
    assert sorted_lines(done.stdout) == sorted_lines(lines + b"one line\n")


def test_an_input_of_another_machine_that_is_not_there(server: str) -> None:
    with pytest.raises(Refused, match=r"Input path does not exist: http://.*gone"):
        find_splits(job("-input", f"{server}/gone"))
    with pytest.raises(Refused, match="only lines can be read"):
        find_splits(job("-input", f"{server}/x.gz", "-inputformat", "SequenceFileInputFormat"))
    with pytest.raises(Refused, match='No FileSystem for scheme "foo"'):
        find_splits(job("-input", "foo://host/x"))


def bzip2_splits(data: bytes, path: Path, count: int = 5) -> list[Split]:
    path.write_bytes(data)
    cuts = [len(data) * n // count for n in range(count + 1)]
    return [Split(str(path), start, end - start) for start, end in pairwise(cuts)]


@pytest.mark.parametrize(
    ("name", "problem", "damaged"),
    [
        ("lines by the name of .bz2", "not a bz2 file", lambda one, lines: lines),
        ("another header", "after the end of a bz2 stream", lambda one, lines: b"BZh0" + one[4:]),
        ("the first mark", "damaged", lambda one, lines: flip_bit(one, 6)),
        ("the first mark of a second stream", "damaged", lambda one, lines: one + flip_bit(one, 6)),
        ("the header of a second stream", "after the end of a bz2 stream", lambda one, lines: one + flip_bit(one, 1)),
        ("bytes between two streams", "after the end of a bz2 stream", lambda one, lines: one + b"\0" + one),
        ("garbage at the end", "after the end of a bz2 stream", lambda one, lines: one + b"garbage\n"),
        ("a header and no more", "cut short|truncated", lambda one, lines: one + one[:4]),
        ("a stream cut in its checksum", "cut short|truncated", lambda one, lines: one[:-2]),
    ],
)
def test_what_is_no_bzip2_block_is_told_by_one_of_the_splits(
    name: str, problem: str, damaged: Callable[[bytes, bytes], bytes], lines: bytes, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=problem):
        read_splits(bzip2_splits(damaged(bz2.compress(lines, 1), lines), tmp_path / "x.bz2"))


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2, 5, 40, 200])
def test_streams_of_bzip2_among_empty_ones(count: int, lines: bytes, tmp_path: Path) -> None:
    one, none = bz2.compress(lines, 1), bz2.compress(b"")
    for data, times in ((none + one + none + none + one, 2), (one + none, 1), (none, 0), (none + none, 0)):
        assert read_splits(bzip2_splits(data, tmp_path / "x.bz2", count)) == sorted((lines * times).split(b"\n"))


def test_lines_by_the_name_of_bzip2_are_no_empty_job(lines: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.tsv.bz2").write_bytes(lines)
    words = ["--tasks", "4x1", "-input", "x.tsv.bz2", "-output", "out", "-mapper", "cat", "-reducer", "cat"]
    done = subprocess.run([BIN / "st-run", *words], cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode != 0
    assert b"x.tsv.bz2: not a bz2 file" in done.stderr
    assert not (tmp_path / "out" / "_SUCCESS").exists()
