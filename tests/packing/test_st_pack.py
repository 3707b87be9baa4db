"""st-pack as it is run."""

import gzip
import os
import subprocess
from pathlib import Path

from packed_blobs import Run, content, everything
from places import BIN


def test_the_command(st_pack: Run, tmp_path: Path, lines: bytes) -> None:
    done = st_pack("-", "-o", "out", "--codec", "zst", "--verify", input=lines)
    assert done.returncode == 0
    told = b"st-pack: 1 blobs: 32,000 lines, %s bytes packed to " % f"{len(lines):,}".encode()
    assert done.stderr.startswith(told), done.stderr
    assert b"verified 1 blobs: 32,000 lines" in done.stderr
    assert st_pack("--verify", "-q", "-o", "out").stderr == b""
    for words, status in (
        (["-o", "x"], os.EX_USAGE),
        (["out/nothing", "-o", "x"], os.EX_NOINPUT),
        (["--verify", "-o", "x"], os.EX_NOINPUT),
        (["out", "-o", "x", "--codec", "gz", "--level", "12"], os.EX_USAGE),
        (["out", "-o", "/proc/x"], os.EX_CANTCREAT),
        (["out", "-o", "-"], os.EX_USAGE),
        (["out", "-o", ""], os.EX_USAGE),
        (["not\nthere", "-o", "x"], os.EX_NOINPUT),
        (["out/_manifest.tsv", "./out/../out/_manifest.tsv", "-o", "x"], os.EX_USAGE),
    ):
        refused = st_pack(*words)
        assert refused.returncode == status, words
        assert refused.stderr.count(b"\n") == 1
    assert not (tmp_path / "x").exists()
    assert not (tmp_path / "-").exists()


def test_damaged_inputs_leave_whole_blobs(st_pack: Run, tmp_path: Path, lines: bytes) -> None:
    data = bytearray(gzip.compress(lines, 1))
    data[len(data) * 3 // 4] ^= 1
    (tmp_path / "x.gz").write_bytes(data)
    done = st_pack("x.gz", "-o", "out", "--size", "60000", "-S", "1")
    assert done.returncode == os.EX_DATAERR
    assert done.stderr.startswith(b"st-pack: x.gz: ")
    assert done.stderr.count(b"\n") == 1
    assert lines.startswith(content(tmp_path / "out"))
    assert not (tmp_path / "out" / "_SUCCESS").exists()
    assert not (tmp_path / "out" / "_temporary").exists()
    good = gzip.compress(lines, 1)
    (tmp_path / "x.gz").write_bytes(good)  # mended: another file
    assert st_pack("x.gz", "-o", "out", "--size", "60000", "-S", "1", "--resume").returncode == os.EX_CANTCREAT


def test_a_full_disk(st_pack: Run, tmp_path: Path, lines: bytes) -> None:
    (tmp_path / "x").write_bytes(lines)
    limit = (
        'unset COVERAGE_PROCESS_CONFIG; ulimit -f 100; trap "" XFSZ'  # the data of make coverage would not fit either
    )
    limited = ["bash", "-c", f"{limit}; exec {BIN}/st-pack x -o out --codec none --size 200K -S 1"]
    done = subprocess.run(limited, cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode == os.EX_IOERR
    assert done.stderr.startswith(b"st-pack: out/part-00000: file too large"), done.stderr
    assert done.stderr.endswith(b"complete blobs are kept in out: continue with --resume\n")
    assert sorted(everything(tmp_path / "out")) == ["_manifest.tsv"]
    assert st_pack("x", "-o", "out", "--codec", "none", "--size", "200K", "-S", "1", "--resume").returncode == 0
    assert content(tmp_path / "out") == lines
