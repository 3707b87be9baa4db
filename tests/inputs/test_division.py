"""division.py, ranges.py and range_reader.py: the lines of all ranges are those of the file, and damage is reported."""

import random
import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from encoded_files import compress_in_ranges, flip_bit, places
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamtools.errors import DataError, StreamtoolsError
from streamtools.inputs import ReadOptions, open_inputs
from streamtools.inputs.cuts import (
    MemberSlice,
    divide,
    find_decodable_ranges,
    group_sizes,
    open_range,
    verify_members,
)
from streamtools.local.input.line_ends import read_range_lines
from streamtools.local.input.line_reader import LineReader
from streamtools.local.input.split import Split

Make = Callable[..., Path]


@pytest.fixture(scope="module")
def lines() -> bytes:
    """300 KB of lines that pack to a third."""
    generator = random.Random(1)
    return b"".join(b"%d\t%x\n" % (n, generator.getrandbits(60)) for n in range(13_000))


def lines_of(path: Path, kind: str, size: int, slices: list[MemberSlice], **options: bool) -> list[bytes]:
    """Return what each range yields."""
    found = []
    for each in divide(str(path), kind, size, **options).ranges:
        if kind == "7z" and not each.folder_ranges:
            found.append(b"".join(open_inputs([str(path)])))
            continue
        with open_range(str(path), kind, each, slices.append) as (own, following):
            found.append(b"".join(read_range_lines(own, following, each)))
    return found


@given(sizes=st.lists(st.integers(0, 50), max_size=30), size=st.integers(1, 100))
def test_groups_are_at_least_as_large_as_asked_for(sizes: list[int], size: int) -> None:
    counts = list(group_sizes(sizes, size, sum(sizes)))
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
def test_every_line_is_in_one_range(
    kind: str, text: list[bytes], piece: int, size: int, delimiter: bytes | None, tmp_path: Path
) -> None:
    data = b"".join(text)
    path = tmp_path / f"x.{kind}"
    path.write_bytes(compress_in_ranges(kind, data, piece))
    whole = b"".join(LineReader(Split(str(path), 0, path.stat().st_size), delimiter).blocks())
    cut = divide(str(path), kind, size).ranges
    assert cut[0].start == 0
    assert cut[-1].end == path.stat().st_size
    assert all(before.end == after.start for before, after in pairwise(cut))
    splits = [Split(str(path), each.start, each.end - each.start, each) for each in cut]
    assert b"".join(b"".join(LineReader(split, delimiter).blocks()) for split in splits) == whole


@pytest.mark.parametrize("kind", ["xz", "zst", "gz"])
def test_a_file_of_many_ranges(kind: str, tmp_path: Path, lines: bytes) -> None:
    path = tmp_path / f"x.{kind}"
    path.write_bytes(compress_in_ranges(kind, lines, 10_000))
    cut = divide(str(path), kind, 20_000).ranges
    assert len(cut) > 3
    assert b"".join(lines_of(path, kind, 20_000, [])) == lines
    assert b"".join(lines_of(path, kind, 1, [])) == lines


@pytest.mark.parametrize("options", [["--block-size=20000"], ["--block-size=20000", "--check=none"], ["-T2"]])
def test_xz_of_the_tool(options: list[str], tmp_path: Path, lines: bytes) -> None:
    path = tmp_path / "x.xz"
    path.write_bytes(subprocess.run(["xz", "-1", *options], input=lines, capture_output=True, check=True).stdout)
    cut = divide(str(path), "xz", 10_000)
    assert len(cut.ranges) > 3 or options == ["-T2"]
    assert bool(cut.reason) == (options == ["-T2"])
    assert b"".join(lines_of(path, "xz", 10_000, [])) == lines
    assert b"".join(open_inputs([str(path)], ReadOptions(jobs=3))) == lines


@pytest.fixture(params=["bz2", "xz", "zst", "gz"])
def stream(request: pytest.FixtureRequest, tmp_path: Path, log: bytes) -> tuple[str, Path, bytes]:
    path = tmp_path / f"x.{request.param}"
    path.write_bytes(compress_in_ranges(request.param, log, 5_000))
    return request.param, path, path.read_bytes()


def read_in_parallel(path: Path) -> bytes | None:
    try:
        return b"".join(open_inputs([str(path)], ReadOptions(jobs=2)))
    except StreamtoolsError:
        return None


def read_in_ranges(path: Path, kind: str) -> bytes | None:
    slices: list[MemberSlice] = []
    try:
        found = b"".join(lines_of(path, kind, 3000, slices))
        verify_members(slices)
    except StreamtoolsError:
        return None
    return found


def borders(kind: str, data: bytes) -> set[int]:
    """Where a cut leaves a whole file."""

    def read_at(offset: int, size: int) -> bytes:
        return data[offset : offset + size]

    if kind == "bz2":
        return {at for at in (data.find(b"BZh", n) for n in range(len(data))) if at >= 0}
    found = list(find_decodable_ranges(kind, read_at, len(data), 1, ""))
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
        assert read_in_parallel(path) is None, f"cut at byte {place} of {len(data)}"
        if kind != "bz2":
            assert read_in_ranges(path, kind) is None, f"cut at byte {place} of {len(data)}"


def test_a_flipped_bit_is_told_by_every_reader(stream: tuple[str, Path, bytes], log: bytes) -> None:
    kind, path, data = stream
    for place in places(len(data)):
        path.write_bytes(flip_bit(data, place))
        assert read_in_parallel(path) in (None, log), f"flipped at byte {place} of {len(data)}"
        if kind != "bz2":
            assert read_in_ranges(path, kind) in (None, log), f"flipped at byte {place} of {len(data)}"


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
def test_the_ranges_of_an_archive(archive: tuple[Path, bytes], size: int) -> None:
    path, lines = archive
    slices: list[MemberSlice] = []
    found = lines_of(path, "7z", size, slices)
    assert b"".join(found) == lines
    assert len(found) > 3 or size > 100_000
    verify_members(slices)
    for place in {each.place for each in slices}:
        of_member = [each for each in slices if each.place == place]
        assert sum(each.size for each in of_member) == of_member[0].member_size
    assert b"".join(lines_of(path, "7z", size, [], inside_folders=False)) == lines


def test_damage_inside_a_member_is_told_by_the_task_or_at_the_end(sevenzz: Make, lines: bytes) -> None:
    path = sevenzz("x.7z", {"a": lines, "b": lines}, "-m0=lzma2:d=64k:c=256k", "-mmt=2")
    good = path.read_bytes()
    generator = random.Random(1)
    for place in [32, 33, *(generator.randrange(32, len(good) - 100) for _ in range(30))]:
        path.write_bytes(flip_bit(good, place))
        assert read_in_ranges(path, "7z") in (None, lines * 2), f"flipped at byte {place}"


def test_links_in_an_archive_are_no_lines(sevenzz: Make, lines: bytes) -> None:
    path = sevenzz("x.7z", {"a": lines, "c": lines}, "-m0=lzma2", "-ms=off")
    (path.parent / "b").symlink_to("a")
    subprocess.run(["7zz", "a", "-snl", "-ms=off", path, "b"], cwd=path.parent, check=True, capture_output=True)
    assert read_in_ranges(path, "7z") == b"".join(open_inputs([str(path)])) == lines * 2


def test_a_large_wrong_byte_that_lzma_cannot_see(sevenzz: Make, lines: bytes) -> None:
    """Stored chunks have no redundancy: only the checksum of the member tells."""
    noise = random.Random(2).randbytes(600_000)
    path = sevenzz("x.7z", {"a": noise}, "-m0=lzma2:d=64k:c=256k", "-mmt=2")
    good = path.read_bytes()
    place = good.find(noise[300_000:300_016]) + 3
    path.write_bytes(flip_bit(good, place))
    slices: list[MemberSlice] = []
    assert len(lines_of(path, "7z", 100_000, slices)) > 1
    with pytest.raises(DataError, match=r"x\.7z: a: wrong checksum"):
        verify_members(slices)


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
    slices: list[MemberSlice] = []
    lines_of(path, "7z", 1, slices)
    good = path.read_bytes()
    for place in range(len(good) // 7, len(good) - 1000, len(good) // 7):
        path.write_bytes(flip_bit(good, place))
        for reducer in ("-reducer st-reduce", "-numReduceTasks 0"):
            done = shell(f"rm -rf out; {job} {reducer}; s=$?; test ! -e out/_SUCCESS && exit $s")
            assert (done.returncode, b"x.7z" in done.stderr, b"Traceback" in done.stderr) == (1, True, False), done
