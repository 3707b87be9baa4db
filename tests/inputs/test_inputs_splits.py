"""Inputs cut into parts: the lines of all parts are those of the file, and damage is told whoever reads it."""

import bz2
import lzma
import random
import subprocess
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_inputs_codecs import COMPRESS
from test_inputs_damage import flipped, places

from streamtools.errors import DataError, StreamtoolsError
from streamtools.inputs import open_blocks
from streamtools.inputs.cuts import Slice, grouped, open_part, parts, stretches, verify
from streamtools.inputs.cuts.bzip2 import marks
from streamtools.local.input.line_ends import read_range_lines
from streamtools.local.input.line_reader import LineReader
from streamtools.local.input.split import Split

Make = Callable[..., Path]


def bgzf(data: bytes, size: int = 1 << 16) -> bytes:
    """What bgzip writes: members that tell their sizes, an empty one at the end."""
    members = []
    for at in [*range(0, len(data), size), len(data)]:
        piece = data[at : at + size]
        packer = zlib.compressobj(1, wbits=-15)
        packed = packer.compress(piece) + packer.flush()
        told = len(packed) + 25
        header = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + told.to_bytes(2, "little")
        members.append(header + packed + zlib.crc32(piece).to_bytes(4, "little") + len(piece).to_bytes(4, "little"))
    return b"".join(members)


def pieced(kind: str, data: bytes, size: int) -> bytes:
    """The data compressed so that it can be cut about every `size` bytes."""
    if kind == "gz":
        return bgzf(data, min(size, 1 << 16))
    pieces = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
    if kind == "xz":
        checks = [lzma.CHECK_CRC32, lzma.CHECK_CRC64, lzma.CHECK_SHA256]
        return b"".join(
            lzma.compress(piece, check=checks[n % 3]) + bytes(4 * (n % 3)) for n, piece in enumerate(pieces)
        )
    if kind == "zst":
        skippable = b"\x5a\x2a\x4d\x18\x03\0\0\0abc"
        return b"".join(COMPRESS["zst"](piece) + (skippable if n % 3 == 1 else b"") for n, piece in enumerate(pieces))
    return b"".join(bz2.compress(piece, 1 + n % 9) for n, piece in enumerate(pieces))


@pytest.fixture(scope="module")
def lines() -> bytes:
    """300 KB of lines that pack to a third."""
    generator = random.Random(1)
    return b"".join(b"%d\t%x\n" % (n, generator.getrandbits(60)) for n in range(13_000))


def lines_of(path: Path, kind: str, size: int, slices: list[Slice], **options: bool) -> list[bytes]:
    """What each part gives."""
    found = []
    for part in parts(str(path), kind, size, **options).parts:
        if kind == "7z" and not part.pieces:
            found.append(b"".join(open_blocks([str(path)])))
            continue
        with open_part(str(path), kind, part, slices.append) as (own, following):
            found.append(b"".join(read_range_lines(own, following, part)))
    return found


@given(sizes=st.lists(st.integers(0, 50), max_size=30), size=st.integers(1, 100))
def test_groups_are_at_least_as_large_as_asked_for(sizes: list[int], size: int) -> None:
    counts = list(grouped(sizes, size, sum(sizes)))
    assert sum(counts) == len(sizes)
    begin = 0
    for count in counts[:-1]:
        assert sum(sizes[begin : begin + count]) >= size > sum(sizes[begin : begin + count - 1])
        begin += count


@pytest.mark.parametrize("kind", ["xz", "zst", "gz"])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.lists(st.sampled_from([b"\n", b"\r", b"\r\n", b"a", b"bc", b"|;", b"|", b";"]), max_size=60),
    piece=st.integers(1, 20),
    size=st.integers(1, 200),
    delimiter=st.sampled_from([None, b"|;"]),
)
def test_every_line_is_in_one_part(
    kind: str, text: list[bytes], piece: int, size: int, delimiter: bytes | None, tmp_path: Path
) -> None:
    data = b"".join(text)
    path = tmp_path / f"x.{kind}"
    path.write_bytes(pieced(kind, data, piece))
    whole = b"".join(LineReader(Split(str(path), 0, path.stat().st_size), delimiter).blocks())
    cut = parts(str(path), kind, size).parts
    assert cut[0].start == 0
    assert cut[-1].end == path.stat().st_size
    assert all(before.end == after.start for before, after in pairwise(cut))
    splits = [Split(str(path), part.start, part.end - part.start, part) for part in cut]
    assert b"".join(b"".join(LineReader(split, delimiter).blocks()) for split in splits) == whole


@pytest.mark.parametrize("kind", ["xz", "zst", "gz"])
def test_a_file_of_many_parts(kind: str, tmp_path: Path, lines: bytes) -> None:
    path = tmp_path / f"x.{kind}"
    path.write_bytes(pieced(kind, lines, 10_000))
    cut = parts(str(path), kind, 20_000).parts
    assert len(cut) > 3
    assert b"".join(lines_of(path, kind, 20_000, [])) == lines
    assert b"".join(lines_of(path, kind, 1, [])) == lines


@pytest.mark.parametrize("options", [["--block-size=20000"], ["--block-size=20000", "--check=none"], ["-T2"]])
def test_xz_of_the_tool(options: list[str], tmp_path: Path, lines: bytes) -> None:
    path = tmp_path / "x.xz"
    path.write_bytes(subprocess.run(["xz", "-1", *options], input=lines, capture_output=True, check=True).stdout)
    cut = parts(str(path), "xz", 10_000)
    assert len(cut.parts) > 3 or options == ["-T2"]
    assert bool(cut.reason) == (options == ["-T2"])
    assert b"".join(lines_of(path, "xz", 10_000, [])) == lines
    assert b"".join(open_blocks([str(path)], jobs=3)) == lines


@pytest.mark.parametrize("kind", ["bz2", "xz", "zst", "gz"])
@pytest.mark.parametrize("size", [1000, 50_000, 1 << 20])
def test_streams_decoded_ahead(kind: str, size: int, tmp_path: Path, lines: bytes) -> None:
    path = tmp_path / f"x.{kind}"
    path.write_bytes(pieced(kind, lines, size) + (bz2.compress(b"") if kind == "bz2" else b""))
    assert b"".join(open_blocks([str(path)], jobs=3, memory=1 << 20)) == lines


@pytest.mark.parametrize("level", [1, 9])
def test_every_block_of_a_bzip2_stream_is_found(level: int, tmp_path: Path) -> None:
    generator = random.Random(level)
    data = generator.randbytes(1_500_000)  # packed it is as large, so that blocks lie at the borders of windows, too
    packed = bz2.compress(data, level)

    def read_at(offset: int, size: int) -> bytes:
        return packed[offset : offset + size]

    found = list(marks(read_at))
    assert len(found) == len(set(found)) == -(-len(data) // (level * 100_000 - 19)) + 1
    path = tmp_path / "x.bz2"
    path.write_bytes(packed)
    assert b"".join(open_blocks([str(path)], jobs=2)) == data
    stretch = list(stretches("bz2", read_at, len(packed), 1, "x"))
    assert len(stretch) == len(found) - 1


@pytest.mark.parametrize("place", range(-9, 1))
def test_a_bzip2_mark_at_the_border_of_a_window(place: int) -> None:
    for shift in range(8):
        data = bytearray((1 << 18) + 100)
        at = ((1 << 18) + place) * 8 + shift
        whole = 0x314159265359 << (8 * len(data) - at - 48)
        data[:] = whole.to_bytes(len(data), "big")
        assert list(marks(lambda offset, size, data=bytes(data): data[offset : offset + size])) == [(at, True)]


@pytest.fixture(params=["bz2", "xz", "zst", "gz"])
def stream(request: pytest.FixtureRequest, tmp_path: Path, log: bytes) -> tuple[str, Path, bytes]:
    path = tmp_path / f"x.{request.param}"
    path.write_bytes(pieced(request.param, log, 5_000))
    return request.param, path, path.read_bytes()


def read_ahead(path: Path) -> bytes | None:
    try:
        return b"".join(open_blocks([str(path)], jobs=2))
    except StreamtoolsError:
        return None


def read_in_parts(path: Path, kind: str) -> bytes | None:
    slices: list[Slice] = []
    try:
        found = b"".join(lines_of(path, kind, 3000, slices))
        verify(slices)
    except StreamtoolsError:
        return None
    return found


def borders(kind: str, data: bytes) -> set[int]:
    """Where a cut leaves a whole file."""

    def read_at(offset: int, size: int) -> bytes:
        return data[offset : offset + size]

    if kind == "bz2":
        return {at for at in (data.find(b"BZh", n) for n in range(len(data))) if at >= 0}
    found = list(stretches(kind, read_at, len(data), 1, ""))
    cuts = {piece.end for piece in found} | {piece.start for piece in found}
    skippable = {n for cut in cuts for n in (cut - 11,)} if kind == "zst" else set()
    padding = {cut - 4 * n for cut in cuts for n in range(4)} if kind == "xz" else set()
    headers = (
        {cut - 12 for cut in cuts} | {cut - 12 - 4 * n for cut in cuts for n in range(4)} if kind == "xz" else set()
    )
    return cuts | skippable | padding | headers


def test_a_cut_is_told_by_every_reader(stream: tuple[str, Path, bytes], log: bytes) -> None:
    kind, path, data = stream
    for place in set(places(len(data))) - borders(kind, data):
        path.write_bytes(data[:place])
        assert read_ahead(path) is None, f"cut at byte {place} of {len(data)}"
        if kind != "bz2":
            assert read_in_parts(path, kind) is None, f"cut at byte {place} of {len(data)}"


def test_a_flipped_bit_is_told_by_every_reader(stream: tuple[str, Path, bytes], log: bytes) -> None:
    kind, path, data = stream
    for place in places(len(data)):
        path.write_bytes(flipped(data, place))
        assert read_ahead(path) in (None, log), f"flipped at byte {place} of {len(data)}"
        if kind != "bz2":
            assert read_in_parts(path, kind) in (None, log), f"flipped at byte {place} of {len(data)}"


def test_what_is_between_the_streams_of_bzip2_is_told(tmp_path: Path, log: bytes) -> None:
    one, two = bz2.compress(log), bz2.compress(log[:900])
    path = tmp_path / "x.bz2"
    for data in (one + b"garbage", one + b"\0" + two, one + two[4:], one + two + b"B", one[:-1] + two, two + one[:900]):
        path.write_bytes(data)
        with pytest.raises(DataError, match=r"x\.bz2: "):
            b"".join(open_blocks([str(path)], jobs=2))


ARCHIVES = {
    "one member": ({"a": 1.0}, ["-m0=lzma2:d=64k:c=256k", "-mmt=2"]),
    "solid": ({"a": 0.9, "b": 0.001, "c": 0.7, "d": 0.0, "e": 1.0}, ["-m0=lzma2:d=64k:c=256k", "-mmt=2"]),
    "folders": ({str(n): n / 10 for n in range(9)}, ["-ms=off", "-m0=lzma2:d=64k:c=256k", "-mmt=2"]),
    "folders of lzma": ({str(n): n / 10 for n in range(9)}, ["-ms=off", "-m0=lzma"]),
    "volumes": ({"a": 1.0, "b": 0.3}, ["-m0=lzma2:d=64k:c=256k", "-mmt=2", "-v300k"]),
}


@pytest.fixture(scope="module", params=list(ARCHIVES))
def archive(request: pytest.FixtureRequest, sevenzz: Make) -> Iterator[tuple[Path, bytes]]:
    """(archive, its lines): members of up to 1.9 MB, none of which ends in LF."""
    generator = random.Random(1)
    lines = b"".join(b"%d\t%x\n" % (n, generator.getrandbits(60)) for n in range(85_000))
    sizes, options = ARCHIVES[request.param]
    members = {name: lines[: int(len(lines) * size)].rstrip(b"\n") for name, size in sizes.items()}
    path = sevenzz("x.7z", members, *options)
    yield (
        path if path.exists() else path.with_name("x.7z.001"),
        b"".join(data + b"\n" for data in members.values() if data).rstrip(b"\n"),
    )


@pytest.mark.parametrize("size", [1, 100_000, 400_000, 1 << 30])
def test_the_parts_of_an_archive(archive: tuple[Path, bytes], size: int) -> None:
    path, lines = archive
    slices: list[Slice] = []
    found = lines_of(path, "7z", size, slices)
    assert b"".join(found) == lines
    assert len(found) > 3 or size > 100_000
    verify(slices)
    for place in {part.place for part in slices}:
        of_member = [part for part in slices if part.place == place]
        assert sum(part.size for part in of_member) == of_member[0].of_size
    assert b"".join(lines_of(path, "7z", size, [], inside_folders=False)) == lines


def test_damage_inside_a_member_is_told_by_the_task_or_at_the_end(sevenzz: Make, lines: bytes) -> None:
    path = sevenzz("x.7z", {"a": lines, "b": lines}, "-m0=lzma2:d=64k:c=256k", "-mmt=2")
    good = path.read_bytes()
    generator = random.Random(1)
    for place in [32, 33, *(generator.randrange(32, len(good) - 100) for _ in range(30))]:
        path.write_bytes(flipped(good, place))
        assert read_in_parts(path, "7z") in (None, lines * 2), f"flipped at byte {place}"


def test_a_member_is_verified_from_its_slices() -> None:
    data = b"some bytes of a member"
    cuts = [0, 4, 9, len(data)]
    slices = [Slice("x.7z: m", a, b - a, zlib.crc32(data[a:b]), len(data), zlib.crc32(data)) for a, b in pairwise(cuts)]
    verify(slices)
    verify(slices[::-1] + slices)  # in any order; the archive is given twice
    verify(slices[:2])  # a mapper that left the rest unread
    wrong = [slices[0]._replace(crc=1), *slices[1:]]
    with pytest.raises(DataError, match=r"x\.7z: m: wrong checksum"):
        verify(wrong)
    with pytest.raises(DataError, match="twice"):
        verify(slices + wrong)


def test_members_of_one_name_are_verified_each_on_its_own() -> None:
    def slices(data: bytes, cuts: list[int], folder: int) -> list[Slice]:
        told = "x.7z: m", len(data), zlib.crc32(data), (folder, 0)
        return [Slice(told[0], a, b - a, zlib.crc32(data[a:b]), *told[1:]) for a, b in pairwise([0, *cuts, len(data)])]

    one, other = slices(b"some bytes of a member", [4, 9], 0), slices(b"bytes of another of its name", [7], 1)
    verify(one + other)
    with pytest.raises(DataError, match="wrong checksum"):
        verify([*one, other[0], other[1]._replace(crc=1)])


def test_links_in_an_archive_are_no_lines(sevenzz: Make, lines: bytes) -> None:
    path = sevenzz("x.7z", {"a": lines, "c": lines}, "-m0=lzma2", "-ms=off")
    (path.parent / "b").symlink_to("a")
    subprocess.run(["7zz", "a", "-snl", "-ms=off", path, "b"], cwd=path.parent, check=True, capture_output=True)
    assert read_in_parts(path, "7z") == b"".join(open_blocks([str(path)])) == lines * 2


def test_a_large_wrong_byte_that_lzma_cannot_see(sevenzz: Make, lines: bytes) -> None:
    """Stored chunks have no redundancy: only the checksum of the member tells."""
    noise = random.Random(2).randbytes(600_000)
    path = sevenzz("x.7z", {"a": noise}, "-m0=lzma2:d=64k:c=256k", "-mmt=2")
    good = path.read_bytes()
    place = good.find(noise[300_000:300_016]) + 3
    path.write_bytes(flipped(good, place))
    slices: list[Slice] = []
    assert len(lines_of(path, "7z", 100_000, slices)) > 1
    with pytest.raises(DataError, match=r"x\.7z: a: wrong checksum"):
        verify(slices)


def test_a_job_reads_one_member_by_several_tasks_and_verifies_it_as_a_whole(
    sevenzz: Make, shell: Callable[..., "subprocess.CompletedProcess[bytes]"]
) -> None:
    noise = random.Random(2).randbytes(600_000).translate(bytes(33 + byte % 90 for byte in range(256)))
    data = b"".join(b"u%d\t%b\n" % (place % 977, noise[place : place + 50]) for place in range(0, 600_000, 50))
    path = sevenzz("x.7z", {"a": data}, "-m0=lzma2:d=64k:c=256k", "-mmt=2")
    job = f"st-run --quiet -D mapreduce.job.maps=4 -input {path} -output out -mapper 'st-map fields -k 1'"
    assert int(shell(f"{job} --dry-run | grep -c '^map task'").stdout) > 1
    counted = shell(f"st-cat {path} | st-map fields -k 1 | st-sort | st-reduce").stdout
    assert shell(f"{job} -reducer st-reduce && cat out/part-00000").stdout == counted
    slices: list[Slice] = []
    lines_of(path, "7z", 1, slices)
    good = path.read_bytes()
    for place in range(len(good) // 7, len(good) - 1000, len(good) // 7):
        path.write_bytes(flipped(good, place))
        for reducer in ("-reducer st-reduce", "-numReduceTasks 0"):
            done = shell(f"rm -rf out; {job} {reducer}; s=$?; test ! -e out/_SUCCESS && exit $s")
            assert (done.returncode, b"x.7z" in done.stderr, b"Traceback" in done.stderr) == (1, True, False), done
