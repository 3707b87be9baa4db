"""Seeded fuzzing of headers, streams and command lines: an answer in time, in at most one line."""

import binascii
import bz2
import gzip
import lzma
import os
import resource
import struct

import pytest
from damage import damage_bytes
from encoded_files import lz4, py7zr_archive, zst
from invariants import FILTER, JOB, check, check_manners, check_nothing_is_left
from job_trials import read_parts
from trials import Trial

CONTENT = b"".join(b"k%d\t%d\n" % (number % 77, number) for number in range(3000))
STREAMS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zst, "lz4": lz4}
MEMORY = {resource.RLIMIT_AS: 1500 << 20}  # a header may ask for more, and must not get it


@pytest.mark.cases(8)
@pytest.mark.parametrize("format", STREAMS)
def test_streams(trial, format):
    data = STREAMS[format](CONTENT)
    head = trial.rng.randrange(10, 60)
    damaged = (
        damage_bytes(data[:head], trial.rng) + data[head:]
        if trial.rng.random() < 0.6
        else damage_bytes(data, trial.rng)
    )
    (trial.here / "x").write_bytes(damaged)
    ran = trial.run(["st-cat", "--format", format, "x"], limits=MEMORY)
    check(trial, ran, FILTER, ran.stdout, [CONTENT, CONTENT + CONTENT])


def damage_header(data: bytes, trial: Trial) -> bytes:
    """Damage the header of a .7z and correct its checksums, so that it is believed."""
    offset, size, _ = struct.unpack("<QQI", data[12:32])
    header = damage_bytes(data[32 + offset : 32 + offset + size], trial.rng)
    start = struct.pack("<QQI", offset, len(header), binascii.crc32(header))
    return data[:8] + struct.pack("<I", binascii.crc32(start)) + start + data[32 : 32 + offset] + header


@pytest.mark.cases(30)
@pytest.mark.parametrize("words", ["st-cat x.7z", "st-cat --list x.7z", "st-cat -j 2 x.7z"])
def test_headers_of_7z(trial, words):
    path = py7zr_archive(trial.here / "x.7z", {"a": CONTENT, "b": CONTENT[:500], "c": b""}, header_encryption=False)
    data = path.read_bytes()
    path.write_bytes(damage_header(data, trial))
    ran = trial.run(words.split(), limits=MEMORY)
    check_manners(ran, {0, *FILTER.statuses})
    check_nothing_is_left(trial)


@pytest.mark.cases(8)
@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_archives_that_are_shipped(trial, kind):
    import test_hostile_archives

    path = trial.here / f"x.{kind}"
    test_hostile_archives.write_archive(path, [test_hostile_archives.SAFE, ("d/other", CONTENT, 0o644, "")])
    path.write_bytes(damage_bytes(path.read_bytes(), trial.rng))
    ran = test_hostile_archives.run_with(trial, path.name)
    check(trial, ran, JOB, None, [None])


@pytest.mark.parametrize("format", ["gz", "bz2", "xz", "zst"])
def test_bombs(trial, format):
    """200 MB of zeros are decoded in little memory."""
    (trial.here / "x").write_bytes(STREAMS[format](bytes(10_000_000)) * 20)
    with open(os.devnull, "wb") as null:
        ran = trial.run(["st-cat", "x"], limits={resource.RLIMIT_AS: 700 << 20}, stdout=null.fileno())
    check(trial, ran, FILTER, None, [None])
    assert ran.status == 0, ran.told


NUMBERS = ["-1", "0", "1", "2", "1e400", "9" * 400, "nan", "0x10", "1_0", "٣", "", " 1", "1.5"]
WORDS = ["in", "missing", "", "-", "--", "-x", ".", "in/x", "[", "{a,b", "*", "\\", "%", "a\nb", "\x1b[31m",
         "é", "x" * 5000, "in\udcff",
         "hdfs://x/y", "file:in", "1x1", "-k1,1nr",
         "-k0", "-k9.9,1", "sum", "words", "3.11", "50%", "1K"]  # fmt: skip
OPTIONS = {
    "st-cat": "--format --member --list --recursive -j -S --on-error -q --quiet",
    "st-sort": "-t --key-fields -k --key-options -n -r -u -c -m -o -S -T --batch-size --compress-runs",
    "st-pack": "-o --size --codec --level --recursive -j -S --resume --verify --no-check -q",
    "st-map": "--list words fields grep sample json join index -k -v --rate --on-error -s",
    "st-reduce": "--list top stats histogram join -n --on-error",
    "st-combine": "--list sum mean top -n",
    "st-run": "-D -conf -files -archives -libjars -fs -jt -input -output -mapper -combiner -reducer "
    "-numReduceTasks -partitioner -inputformat -outputformat -inputreader -io -cmdenv -lazyOutput --memory "
    "--retries --tasks --resume --skip-bad --replay --shuffle-values --check-combiner --report "
    "--quiet --plan --nodes --cores --input-size --dry-run --stdout",
    "st-hadoop": "fs jar version classpath -ls -cat -stat -count -du -find -test -head -help --config --loglevel",
}


@pytest.mark.cases(20)
@pytest.mark.parametrize("tool", OPTIONS)
def test_command_lines(trial, tool):
    (trial.here / "in").write_bytes(CONTENT[:300])
    words = [tool]
    for _ in range(trial.rng.randrange(1, 7)):
        words.append(trial.rng.choice(OPTIONS[tool].split()))
        words += trial.rng.sample(WORDS + NUMBERS, trial.rng.choice([0, 1, 1, 1, 2]))
    base = trial.here / "dfs"
    base.mkdir()
    ran = trial.run(
        [os.fsencode(word) for word in words], CONTENT[:300], STREAMTOOLS_DFS=str(base), HADOOP_USER_NAME="me"
    )
    is_job = tool in ("st-run", "st-hadoop")
    statuses = {1, 5, 255, *FILTER.statuses} if is_job or "-c" in words else {141, *FILTER.statuses}
    check_manners(ran, {0, *statuses}, None if is_job else 3)
    assert not trial.wait_for_processes()


@pytest.mark.parametrize("tool", ["st-cat", "st-sort", "st-map", "st-reduce", "st-combine"])
def test_stdin_that_is_a_directory(trial, tool):
    """Python refuses it itself, in its own words, before any line of ours is run."""
    folder = os.open(trial.here, os.O_RDONLY)
    try:
        ran = trial.run([tool], before=lambda: os.dup2(folder, 0))
    finally:
        os.close(folder)
    assert ran.status and ran.stdout == b"" and "is a directory" in ran.told.lower()
    check_nothing_is_left(trial)


@pytest.mark.parametrize("name", ["a\x1b]0;owned\x07b", "a\rb", "a\nb"], ids=ascii)
@pytest.mark.parametrize("tool", ["st-cat", "st-sort", "st-run"])
def test_control_characters_of_file_names(trial, tool, name):
    words = [tool, name] if tool != "st-run" else [tool, "-input", name, "-output", "out", "-mapper", "cat"]
    ran = trial.run(words)
    check(trial, ran, JOB if tool == "st-run" else FILTER, read_parts(trial.here / "out"), [])
