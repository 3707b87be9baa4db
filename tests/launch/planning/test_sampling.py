"""What a sample is taken from, and how large the runs over it are."""

import gzip
import lzma
import os
from pathlib import Path

import pytest

from streamtools.errors import UsageError
from streamtools.inputs.cuts import EncodedRange
from streamtools.launch.planning.measured import Work
from streamtools.launch.planning.measurement import STEP, affordable, next_size
from streamtools.launch.planning.sample import take_sample
from streamtools.launch.planning.whole_input import Growths, describe
from streamtools.local.input.split import Share, Split

K, M = 1 << 10, 1 << 20


@pytest.mark.parametrize(
    ("size", "largest", "affordable", "expected"),
    [
        pytest.param(K, 32 * M, 1e12, 32 * K, id="a step"),
        pytest.param(M, 32 * M, 1e12, 8 * M, id="a quarter of the last one"),
        pytest.param(8 * M, 32 * M, 1e12, 32 * M, id="the last one"),
        pytest.param(32 * M, 32 * M, 1e12, 0, id="the end"),
        pytest.param(M, 32 * M, 4 * M, 4 * M, id="as much as there is time for"),
        pytest.param(M, 32 * M, 1.5 * M, 0, id="no time for twice as much"),
        pytest.param(M, 32 * M, -5.0, 0, id="no time left"),
        pytest.param(K, K + 1, 1e12, K + 1, id="a small input is run as a whole"),
    ],
)
def test_sizes_of_runs(size, largest, affordable, expected):
    assert next_size(size, largest, affordable) == expected


@pytest.mark.parametrize(
    ("took", "seconds", "expected"),
    [
        pytest.param([1.0], 12.0, STEP * M, id="a first run on a busy machine says nothing of more bytes"),
        pytest.param([13.0], 12.0, 0.0, id="unless it took all the time"),
        pytest.param([1.0, 2.0], 12.0, 5 * M, id="what is left, without what each run takes"),
        pytest.param([1.0, 1.0], 12.0, (10 / 1.5 - 1) * 50 * M, id="a run that took no longer than the first"),
    ],
)
def test_what_there_is_time_for(took, seconds, expected):
    assert affordable(M, took, seconds) == pytest.approx(expected)


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"".join(b"%09d\n" % number for number in range(100_000)))
    return str(path)


def sample(tmp_path, splits, pieces, size):
    directory = tmp_path / "sample"
    directory.mkdir()
    found = take_sample(splits, str(directory), pieces, size)
    return found, [Path(path).read_bytes() for path in found.pieces]


def test_pieces_come_from_all_over_the_input(tmp_path, log):
    splits = [Split(log, 100_000 * number, 100_000) for number in (3, 0, 1, 2, 4, 5, 6, 7, 8, 9)]
    found, pieces = sample(tmp_path, splits, 4, 995)
    assert [len(piece) for piece in pieces] == [1000] * 4
    assert [int(piece[:9]) // 10_000 for piece in pieces] == [0, 2, 5, 7]
    assert found.encoded == 0


def test_several_pieces_come_from_one_place_if_there_is_no_other(tmp_path, log):
    _, pieces = sample(tmp_path, [Split(log, 0, 1_000_000)], 4, 1000)
    assert b"".join(pieces) == Path(log).read_bytes()[:4000]
    assert [len(piece) for piece in pieces] == [1000] * 4


def test_an_input_that_ends_gives_what_it_has(tmp_path):
    (tmp_path / "few").write_bytes(b"a\nb")
    _, pieces = sample(tmp_path, [Split(str(tmp_path / "few"), 0, 3)], 4, 1000)
    assert b"".join(pieces).split() == [b"a", b"b"]


def test_decoding_is_counted(tmp_path, log):
    path = tmp_path / "log.gz"
    path.write_bytes(gzip.compress(Path(log).read_bytes()))
    found, pieces = sample(tmp_path, [Split(str(path), 0, path.stat().st_size)], 2, 5000)
    assert b"".join(pieces) == Path(log).read_bytes()[:10_000]
    assert found.encoded >= 10_000 and found.decoding.wall > 0


def test_beginnings_are_whole_lines(tmp_path, log):
    found, _ = sample(tmp_path, [Split(log, 0, 1_000_000)], 2, 1000)
    total = found.copy_beginnings(str(tmp_path / "copies"), 15)
    copies = sorted(os.listdir(tmp_path / "copies"))
    assert total == 40 and [(tmp_path / "copies" / name).read_bytes()[-1:] for name in copies] == [b"\n"] * 2


@pytest.mark.parametrize(
    ("name", "cut", "growth", "work"),
    [
        ("log", False, 1.0, Work(1000, 1, 1000)),
        ("log.gz", False, 5.0, Work(5000, 1, 5000, 5000)),
        ("log.7z", True, 5.0, Work(5000, 2, 2500, 5000)),
        ("log.xz", False, 4.0, Work(4000, 1, 4000, 4000)),
    ],
)
def test_the_whole_input(tmp_path, name, cut, growth, work):
    halves = [Split(name, 0, 500, EncodedRange(0, 500)), Split(name, 500, 500, EncodedRange(500, 1000))]
    growths = Growths(str(tmp_path), is_size_known=False)
    growths.known = {name: growth, name.removeprefix("log"): growth}
    assert describe(halves if cut else [Split(name, 0, 1000)], growths) == work


@pytest.mark.parametrize(
    ("name", "size", "work"),
    [
        ("log.7z", 5000, Work(5000, 2, 2500, 5000, 5000)),
        ("log.xz", 4000, Work(4000, 2, 2500, 4000, 4000)),
    ],
)
def test_a_file_that_tasks_share_is_one_stream(tmp_path, name, size, work):
    shares = [Split(name, 0, 2500, share=Share(600, False)), Split(name, 2500, size - 2500, share=Share(400, True))]
    assert describe(shares, Growths(str(tmp_path), is_size_known=False)) == work


def test_a_file_that_tasks_share_is_sampled_at_its_beginning(tmp_path, log):
    path = tmp_path / "log.xz"
    path.write_bytes(lzma.compress(Path(log).read_bytes()))
    shares = [
        Split(str(path), start, 250_000, share=Share(1, start == 750_000)) for start in range(0, 1_000_000, 250_000)
    ]
    found, pieces = sample(tmp_path, shares, 4, 1000)
    assert b"".join(pieces) == Path(log).read_bytes()[:4000]
    assert found.encoded < 1_000_000


def test_how_much_a_file_holds_is_seen_from_its_beginning(tmp_path):
    path = tmp_path / "log.gz"
    path.write_bytes(gzip.compress(os.urandom(1 << 12) * 1000, 1))
    size = path.stat().st_size
    growth = Growths(str(tmp_path), is_size_known=False).of(str(path), size)
    assert growth == pytest.approx(4_096_000 / size, rel=0.1)
    assert [entry.name for entry in tmp_path.iterdir()] == ["log.gz"]


def test_the_size_of_what_is_packed_elsewhere_must_be_told(tmp_path):
    assert Growths(str(tmp_path), is_size_known=True).of("s3://bucket/log.gz", 1000) == 1.0
    with pytest.raises(UsageError, match="--input-size"):
        Growths(str(tmp_path), is_size_known=False).of("s3://bucket/log.gz", 1000)
