"""hdfs_directory.py: blobs in HDFS, whose command is a script here."""

import gzip
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from packed_blobs import Run, blobs, content, everything
from places import BIN

HDFS = """#!/bin/sh
# `hdfs dfs -put -f - URI`, `-cat URI`, `-test -e URI`, `-mv URI URI`, `-rm [-f] URI`, on a directory
test "$1" = dfs && shift
for uri; do :; done
file="$STORE/$(basename "$uri")"
case "$1" in
-put) cat > "$file._COPYING_" && mv "$file._COPYING_" "$file" ;;
-cat) cat "$file" ;;
-test) test -e "$file" ;;
-mv) test ! -e "$file" && mv "$STORE/$(basename "$2")" "$file" ;;
-rm) rm -f "$file" ;;
esac
"""


@pytest.fixture
def hdfs(tmp_path: Path) -> dict[str, str]:
    """An environment in which a script stands for the hdfs command; its files are in the directory `store`."""
    for folder in ("store", "bin"):
        (tmp_path / folder).mkdir()
    (tmp_path / "bin" / "hdfs").write_text(HDFS)
    (tmp_path / "bin" / "hdfs").chmod(0o755)
    return {**os.environ, "STORE": str(tmp_path / "store"), "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}


def test_hdfs(hdfs: dict[str, str], st_pack: Run, tmp_path: Path, lines: bytes) -> None:
    (tmp_path / "x").write_bytes(lines)
    options = ["x", "-o", "hdfs:///out", "--size", "60000", "-S", "1", "--codec", "bz2"]
    done = st_pack(*options, "--verify", env=hdfs)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(b"\n") == 2, "two lines of its own, and none of `hdfs dfs -cat`"
    store = tmp_path / "store"
    good = everything(store)
    assert content(store) == lines
    (store / "_SUCCESS").unlink()
    blobs(store)[1].unlink()
    done = st_pack(*options, "--resume", env=hdfs)
    assert done.returncode == 0, done.stderr
    assert b"1 kept from before" in done.stderr
    assert everything(store) == good
    blobs(store)[1].unlink()
    assert st_pack(*options, "--resume", env=hdfs).returncode == 0  # though it was finished
    assert everything(store) == good


def test_hdfs_has_no_blob_of_a_run_that_was_killed(hdfs: dict[str, str], tmp_path: Path, lines: bytes) -> None:
    """At the end of its input `-put` gives the file its name, whoever made that end."""
    store = tmp_path / "store"
    words = ["-", "-o", "hdfs:///out", "--codec", "none", "--size", "1M", "-S", "1", "-j", "1"]
    killed = subprocess.Popen([BIN / "st-pack", *words], stdin=subprocess.PIPE, env=hdfs)
    assert killed.stdin
    killed.stdin.write(lines)
    killed.stdin.flush()
    end = time.monotonic() + 30
    while not any(path.stat().st_size for path in store.glob("*part-*")) and time.monotonic() < end:
        time.sleep(0.005)
    killed.kill()
    killed.communicate()
    while list(store.glob("*._COPYING_")) and time.monotonic() < end:
        time.sleep(0.005)
    assert [path.name for path in store.glob("*part-*")] == ["_part-00000"]


def test_hdfs_that_fails_gets_no_half_file(hdfs: dict[str, str], st_pack: Run, tmp_path: Path, lines: bytes) -> None:
    data = bytearray(gzip.compress(lines, 1))
    data[-5] ^= 1
    (tmp_path / "x.gz").write_bytes(data)
    done = st_pack("x.gz", "-o", "hdfs:///out", "-S", "1", env=hdfs)
    assert done.returncode == os.EX_DATAERR
    assert list(everything(tmp_path / "store")) == ["_manifest.tsv"]
    (tmp_path / "bin" / "hdfs").write_text("#!/bin/sh\ntest $2 = -cat && exit 1\nexit 3\n")
    done = st_pack("x.gz", "-o", "hdfs:///out", "-S", "1", env=hdfs)
    assert done.returncode == os.EX_IOERR
    assert b"hdfs:///out/_manifest.tsv: hdfs dfs -put ended with status 3" in done.stderr
    (tmp_path / "bin" / "hdfs").unlink()
    lacking = {**hdfs, "PATH": f"{Path(shutil.which('python3') or '').parent}:/usr/bin:/bin"}
    assert st_pack("x.gz", "-o", "hdfs:///out", env=lacking).returncode == os.EX_UNAVAILABLE
