"""streamtools.local.tasks.feeder: jobs over files that one process decodes for several tasks."""

import lzma
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from encoded_files import py7zr_archive
from places import BIN

from streamtools.formats.writables import decode_long
from streamtools.job import build_job, parse
from streamtools.local import Console, Settings
from streamtools.local.input.line_reader import LineReader
from streamtools.local.input.splits import find_splits
from streamtools.local.reporting.progress import JobProgress
from streamtools.local.tasks.feeder import plan_files

PASSWORD = "sesame"
SIZE = 20_000  # bytes of a split
BLOCK = ["-D", f"fs.local.block.size={SIZE}"]
NAMES = ["map_input_file", "map_input_start", "map_input_length"]
MAPPER = f"""
import os, sys
where = [os.environ["mapreduce_" + name] for name in {NAMES}]
lines = sys.stdin.readlines()
print(os.path.basename(where[0]).split(".")[0], *where[1:], len(lines))
sys.stdout.writelines(lines)
"""


@pytest.fixture(scope="module")
def lines() -> bytes:
    """150 KB of lines."""
    generator = random.Random(5)
    return b"".join(b"u%d\t%x\n" % (n % 97, generator.getrandbits(60)) for n in range(8_000))


def archive(path: Path, members: dict[str, bytes], method: str = "LZMA2") -> Path:
    import py7zr

    filters = {
        "LZMA": [{"id": py7zr.FILTER_LZMA}],
        "PPMd": [{"id": py7zr.FILTER_PPMD, "order": 6, "mem": 20}],
        "BZip2": [{"id": py7zr.FILTER_BZIP2}],
        "Copy": [{"id": py7zr.FILTER_COPY}],
        "Deflate": [{"id": py7zr.FILTER_DEFLATE}],
        "BCJ": [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA2, "preset": 1}],
        "Delta": [{"id": py7zr.FILTER_DELTA}, {"id": py7zr.FILTER_LZMA2, "preset": 1}],
        "LZMA2": [{"id": py7zr.FILTER_LZMA2, "preset": 1}],
        "AES": [{"id": py7zr.FILTER_LZMA2, "preset": 1}, {"id": py7zr.FILTER_CRYPTO_AES256_SHA256}],
    }[method]
    return py7zr_archive(path, members, filters=filters, password=PASSWORD if method == "AES" else None)


def st_run(
    cwd: Path, name: str, *options: str, mapper: str = "", output: str = "out", size: int = SIZE
) -> subprocess.CompletedProcess[str]:
    if not mapper:
        (cwd / "map.py").write_text(MAPPER)
        mapper = f"{sys.executable} map.py"
    block = ["-D", f"fs.local.block.size={size}"]
    command = [BIN / "st-run", *block, "-input", name, "-output", output, "-mapper", mapper, "-reducer", "NONE"]
    work = cwd / "work"
    work.mkdir(exist_ok=True)
    done = subprocess.run(
        [*map(str, command), "--work-dir", str(work), *options], cwd=cwd, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr
    return done


def parts(cwd: Path, output: str = "out") -> list[bytes]:
    return [path.read_bytes() for path in sorted((cwd / output).glob("part-*"))]


def equal_size(lines: bytes) -> int:
    """The size of the splits of an archive, which are equal."""
    return -(-len(lines) // -(-len(lines) // SIZE))


@pytest.mark.parametrize("method", ["LZMA2", "LZMA", "PPMd", "BZip2", "Deflate", "Copy", "BCJ", "Delta", "AES", "xz"])
def test_a_job_is_the_same_as_over_plain_text(
    tmp_path: Path, lines: bytes, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMTOOLS_7Z_PASSWORD", PASSWORD)
    (tmp_path / "x.txt").write_bytes(lines)
    if method == "xz":
        (tmp_path / "x.xz").write_bytes(lzma.compress(lines))
    else:
        archive(tmp_path / "x.7z", {"m": lines}, method)
    name = "x.xz" if method == "xz" else "x.7z"
    done = st_run(tmp_path, name, "--jobs", "2")
    assert done.returncode == 0, done.stderr
    assert st_run(tmp_path, "x.txt", output="plain", size=equal_size(lines)).returncode == 0
    assert len(parts(tmp_path)) == -(-len(lines) // SIZE)
    assert parts(tmp_path) == parts(tmp_path, "plain")
    assert f"Bytes Read={(tmp_path / name).stat().st_size}" in done.stderr
    assert os.listdir(tmp_path / "work") == []


def test_several_archives_and_plain_files_at_once(tmp_path: Path, lines: bytes) -> None:
    for number in range(4):
        archive(tmp_path / f"{number}.7z", {"m": lines, "empty": b"", "n": b"last%d" % number})
    (tmp_path / "5.txt").write_bytes(lines)
    inputs = ["-input", "0.7z,5.txt"]  # an archive that is named twice is read twice
    done = st_run(tmp_path, "?.7z", *inputs, "--jobs", "3", "--memory", "16M", mapper="cat")
    assert done.returncode == 0, done.stderr
    expected = lines * 6 + b"last0\nlast0\nlast1\nlast2\nlast3\n"
    found = [line.rstrip(b"\t") for line in b"".join(parts(tmp_path)).splitlines()]
    assert sorted(found) == sorted(expected.splitlines())


def test_the_plan_names_the_members_of_each_task(tmp_path: Path, lines: bytes) -> None:
    archive(tmp_path / "x.7z", {"a": lines[:30_000], "b": lines[30_000:31_000], "c": lines[31_000:50_000]})
    done = st_run(tmp_path, "x.7z", "--dry-run", mapper="cat")
    assert [line.split("decoded ")[1] for line in done.stdout.splitlines() if line.startswith("map")] == [
        "bytes 0 to 16,667 (a from 0 to 16,667): cat",
        "bytes 16,667 to 33,334 (a from 16,667 to 30,000, b, c from 0 to 2,334): cat",
        "bytes 33,334 to 50,000 (c from 2,334 to 19,000): cat",
    ]


def test_a_split_can_be_read_alone(tmp_path: Path, lines: bytes) -> None:
    path = archive(tmp_path / "x.7z", {"a": lines})
    job = build_job(parse([*BLOCK, "-input", str(path), "-output", "out", "-mapper", "cat"]))
    splits = find_splits(job).splits
    assert b"".join(b"".join(LineReader(split).blocks()) for split in splits) == lines
    assert sum(split.packed for split in splits) == path.stat().st_size
    keys = [key for split in splits for pairs in LineReader(split).pairs() for key in pairs.keys]
    assert list(map(decode_long, keys)) == [match.start() for match in re.finditer(rb"^.", lines, re.MULTILINE)]


DIES_ONCE = """
import os, sys
data = sys.stdin.buffer.read()
mark = "died" + os.environ["mapreduce_task_partition"]
if os.environ["mapreduce_task_partition"] in "03" and not os.path.exists(mark):
    open(mark, "w")
    sys.exit(3)
sys.stdout.buffer.write(data)
"""


def test_a_failed_task_reads_its_lines_again(tmp_path: Path, lines: bytes) -> None:
    archive(tmp_path / "x.7z", {"m": lines})
    (tmp_path / "once.py").write_text(DIES_ONCE)
    command = f"{sys.executable} {tmp_path / 'once.py'}"
    assert st_run(tmp_path, "x.7z", "--jobs", "1", "--retries", "1", mapper=command).returncode == 0
    assert b"".join(parts(tmp_path)).replace(b"\t\n", b"\n") == lines


def test_resume_runs_only_what_is_left_and_replay_has_its_lines(tmp_path: Path, lines: bytes) -> None:
    archive(tmp_path / "x.7z", {"m": lines})
    (tmp_path / "once.py").write_text(DIES_ONCE)
    command = f"{sys.executable} {tmp_path / 'once.py'}"
    first = st_run(tmp_path, "x.7z", "--jobs", "2", mapper=command)
    assert first.returncode == 1
    count = -(-len(lines) // SIZE)
    kept = sorted((tmp_path / "work").glob("st-run-*/replay-*/stdin"))
    assert len(kept) == 2 and lines.startswith(kept[0].read_bytes())
    assert kept[0].stat().st_size - equal_size(lines) in range(30)
    second = st_run(tmp_path, "x.7z", "--jobs", "2", "--resume", mapper=command)
    assert second.returncode == 0, second.stderr
    assert f"{count - 2} of {count} map tasks were done already" in second.stderr
    assert b"".join(parts(tmp_path)) == lines


def test_bad_records_are_skipped(tmp_path: Path, lines: bytes) -> None:
    at = lines.index(b"\n", 70_000) + 1
    bad = lines[:at] + b"bad record\n" + lines[at:]
    archive(tmp_path / "x.7z", {"m": bad})
    done = st_run(tmp_path, "x.7z", "--skip-bad", "1", mapper="awk '/record/{exit 3}{print}'")
    assert done.returncode == 0, done.stderr
    assert b"".join(parts(tmp_path)) == lines
    (skipped,) = (tmp_path / "out" / "_skipped").iterdir()
    assert skipped.read_bytes() == b"%s\t%d\tbad record\n" % (os.fsencode(tmp_path / "x.7z"), at)


@pytest.mark.parametrize("tries", [1, 2])
def test_damage_commits_nothing_and_names_the_archive_once(tmp_path: Path, lines: bytes, tries: int) -> None:
    path = archive(tmp_path / "x.7z", {"m": lines}, "Copy")
    data = bytearray(path.read_bytes())
    data[32 + len(lines) * 2 // 3] ^= 1
    path.write_bytes(data)
    done = st_run(tmp_path, "x.7z", "--retries", str(tries - 1), mapper="cat")
    assert done.returncode == 1
    failed = [line for line in done.stderr.splitlines() if "wrong checksum" in line]
    assert len(failed) == tries and all(f"{path}: m: wrong checksum" in line for line in failed)
    assert parts(tmp_path) == [] and not (tmp_path / "out" / "_SUCCESS").exists()


def test_progress_moves_with_the_packed_bytes(tmp_path: Path, lines: bytes) -> None:
    from streamtools.local import run

    path = archive(tmp_path / "x.7z", {"m": lines})
    seen: list[JobProgress] = []
    words = ["-input", str(path), "-output", str(tmp_path / "out"), "-mapper", "sleep 0.3", "-reducer", "NONE"]
    job = build_job(parse([*BLOCK, *words]))
    settings = Settings(jobs=1, work_directory=str(tmp_path), console=Console(progress=seen.append))
    assert run(job, settings, lambda _: None).succeeded
    assert {each.maps.size for each in seen} == {path.stat().st_size}
    given = [each.maps.given for each in seen]
    assert given == sorted(given) and given[-1] == path.stat().st_size
    assert any(each.maps.given and not each.maps.done for each in seen)


@pytest.mark.parametrize(("memory", "is_in_memory"), [(400, True), (399, False)])
def test_files_are_in_memory_only_within_a_quarter_of_it(tmp_path: Path, memory: int, is_in_memory: bool) -> None:
    files = plan_files(Settings(jobs=1, memory=memory), 50, str(tmp_path))
    descriptor = files.make()
    place = os.readlink(f"/proc/self/fd/{descriptor}")
    os.close(descriptor)
    assert (files.memory == 100) == is_in_memory == place.startswith("/memfd:")
    assert is_in_memory or place.startswith(str(tmp_path))
    assert os.listdir(tmp_path) == []


def test_a_killed_run_leaves_no_process_and_can_be_resumed(tmp_path: Path, lines: bytes) -> None:
    archive(tmp_path / "x.7z", {"m": lines})
    (tmp_path / "map.py").write_text(
        "import os, sys, time\n"
        "if os.environ['mapreduce_task_partition'] == '2' and not os.path.exists('go'):\n"
        "    print(os.getpid(), file=open('pid.new', 'w'), flush=True)\n"
        "    os.rename('pid.new', 'pid')\n"
        "    time.sleep(60)\n"
        "sys.stdout.writelines(sys.stdin)\n"
    )
    mapper = f"{sys.executable} {tmp_path / 'map.py'}"
    command = [BIN / "st-run", *BLOCK, "-input", "x.7z", "-output", "out", "-mapper", mapper, "-reducer", "NONE"]
    (tmp_path / "work").mkdir()
    options = ["--work-dir", str(tmp_path / "work"), "--jobs", "1"]
    process = subprocess.Popen([*map(str, command), *options], cwd=tmp_path, stderr=subprocess.DEVNULL)
    wait_for(lambda: (tmp_path / "pid").exists())
    process.terminate()
    assert process.wait() == 143
    pid = int((tmp_path / "pid").read_text())
    wait_for(lambda: not os.path.exists(f"/proc/{pid}"))
    (tmp_path / "go").touch()
    done = st_run(tmp_path, "x.7z", "--jobs", "1", "--resume", mapper=mapper)
    assert done.returncode == 0, done.stderr
    assert "2 of " in done.stderr
    assert b"".join(parts(tmp_path)) == lines


def wait_for(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.01)
