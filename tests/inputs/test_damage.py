"""Damage, systematically: every file cut and flipped at many places gives its exact bytes or an error, never silence.

A cut exactly between two streams, or between a stream and its padding, leaves a valid file: nobody can tell.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from encoded_files import COMPRESS, flip_bit, places, py7zr_archive
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamtools.errors import StreamtoolsError
from streamtools.inputs import open_inputs

pytestmark = pytest.mark.slow

SEVENZIP_OPTIONS = {
    "lzma2": "", "lzma": "-m0=lzma", "copy": "-m0=copy -ms=off", "deflate": "-m0=deflate", "deflate64": "-m0=deflate64",
    "bzip2": "-m0=bzip2", "bcj": "-m0=bcj -m1=lzma", "delta": "-m0=delta -m1=lzma2", "raw header": "-mhc=off",
}  # fmt: skip


def outcome(file: Path, data: bytes, name: str = "") -> bytes | None:
    """What is read from the file with this content: all its bytes, or None for an error of ours."""
    file = file.with_name(name or file.name)
    file.write_bytes(data)
    try:
        return b"".join(open_inputs([str(file)]))
    except StreamtoolsError:
        return None


@pytest.fixture(params=[*COMPRESS, *(f"{name}, two streams" for name in COMPRESS)])
def stream(request: pytest.FixtureRequest, tmp_path: Path, log: bytes, other: bytes) -> tuple[Path, bytes, set[int]]:
    """(file, what it holds, the places where a cut leaves a whole file)."""
    name, _, two = request.param.partition(",")
    first, second = COMPRESS[name](log), COMPRESS[name](other) if two else b""
    file = tmp_path / f"x.{name}"
    file.write_bytes(first + second)
    return file, log + other if two else log, {len(first)} if two else set()


def test_a_stream_cut_short(stream: tuple[Path, bytes, set[int]]) -> None:
    file, _, whole = stream
    data = file.read_bytes()
    for place in set(places(len(data))) - whole:
        assert outcome(file, data[:place]) is None, f"cut at byte {place} of {len(data)}"


def test_a_stream_with_a_flipped_bit(stream: tuple[Path, bytes, set[int]]) -> None:
    file, content, _ = stream
    data = file.read_bytes()
    for place in places(len(data)):
        assert outcome(file, flip_bit(data, place)) in (None, content), f"flipped at byte {place} of {len(data)}"


@pytest.fixture(params=[*SEVENZIP_OPTIONS, "py7zr"])
def archive(request: pytest.FixtureRequest, tmp_path: Path, log: bytes, other: bytes) -> Iterator[tuple[Path, bytes]]:
    """(archive, what its members hold)."""
    members = {"a.tsv": log, "b.tsv": other, "empty": b""}
    if request.param == "py7zr":
        yield py7zr_archive(tmp_path / "x.7z", members, filters=[{"id": 0x21, "preset": 1}]), log + other
    else:
        make = request.getfixturevalue("sevenzz")
        yield make("x.7z", members, *SEVENZIP_OPTIONS[request.param].split()), log + other


def test_an_archive_cut_short(archive: tuple[Path, bytes]) -> None:
    data = archive[0].read_bytes()
    for place in places(len(data)):
        assert outcome(archive[0], data[:place]) is None, f"cut at byte {place} of {len(data)}"


def test_an_archive_with_a_flipped_bit(archive: tuple[Path, bytes]) -> None:
    data = archive[0].read_bytes()
    for place in places(len(data)):
        assert outcome(archive[0], flip_bit(data, place)) in (None, archive[1]), (
            f"flipped at byte {place} of {len(data)}"
        )


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from([*COMPRESS, "7z"]),
    damage=st.lists(
        st.tuples(st.sampled_from(["flip", "cut", "drop", "double", "zero"]), st.floats(0, 1), st.integers(1, 600)),
        min_size=1,
        max_size=3,
    ),
)
def test_any_damage(name: str, damage: list[tuple[str, float, int]], tmp_path: Path, log: bytes, other: bytes) -> None:
    if name == "7z":
        data = py7zr_archive(
            tmp_path / "x.7z", {"a": log, "b": other}, filters=[{"id": 0x21, "preset": 1}]
        ).read_bytes()
    else:
        data = COMPRESS[name](log) + COMPRESS[name](other)
    good = data
    wholes = (log + other, log) if name != "7z" else (log + other,)  # a cut between two streams
    for kind, where, size in damage:
        place = int(where * len(data))
        middle = {
            "flip": bytes(byte ^ size & 0xFF for byte in data[place : place + 1]),
            "cut": b"", "drop": b"", "double": data[place : place + size] * 2, "zero": bytes(size),
        }[kind]  # fmt: skip
        after = {"flip": data[place + 1 :], "cut": b""}.get(kind, data[place + size :])
        data = data[:place] + middle + after
    result = outcome(tmp_path / f"y.{name}", data)
    if data == good:
        assert result == log + other
    elif name != "7z" and result is not None and set(wholes) - {result} == set(wholes):
        # doubled bytes may be a whole stream, given twice
        assert "double" in {kind for kind, _, _ in damage}
        assert result.replace(log, b"").replace(other, b"") == b""
    else:
        assert result is None or result in wholes


@pytest.mark.parametrize("name", [*COMPRESS, "7z"])
def test_the_executable_tells_damage(
    name: str, tmp_path: Path, log: bytes, st_cat: Callable[..., "subprocess.CompletedProcess[bytes]"]
) -> None:
    file = tmp_path / f"x.{name}"
    if name == "7z":
        py7zr_archive(file, {"a.tsv": log})
        data = bytearray(file.read_bytes())
        data[1000] ^= 1
        place = f"{file}: a.tsv: byte "
    else:
        data = bytearray(COMPRESS[name](log))
        del data[-6:]
        place = f"{file}: ends in the middle of the {name} stream"
    file.write_bytes(data)
    done = st_cat(file)
    assert done.returncode == os.EX_DATAERR
    assert done.stderr.startswith(f"st-cat: {place}".encode()), done.stderr
    assert done.stderr.count(b"\n") == 1
    if done.stdout:
        assert f"after {len(done.stdout):,} bytes of output".encode() in done.stderr
