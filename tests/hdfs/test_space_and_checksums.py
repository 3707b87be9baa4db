"""fs -checksum and -df, and what -find does with links."""

import os
from pathlib import Path

import pytest

from streamtools.hdfs import Context, FileSystem, filesystem, run
from streamtools.hdfs.checksums import crc32c

REAL = {  # content -> what the real HDFS says
    b"": "MD5-of-0MD5-of-0CRC32\t00000000000000000000000070bc8f4b72a86921468bf8e8441dce51",
    b"one\ntwo\n": "MD5-of-0MD5-of-512CRC32C\t000002000000000000000000d2ed578f6aca851a32d34c4039e77c91",
    bytes(range(256)) * 20_000: "MD5-of-0MD5-of-512CRC32C\t00000200000000000000000079754523425f38855ac58d8252173837",
}


@pytest.fixture
def hdfs(tmp_path: Path):
    """Return the directory that stands for HDFS, and a function that runs a command and returns what it prints."""
    fs = FileSystem.of(str(tmp_path), "ann")
    said: list[bytes] = []

    def say(command: str) -> tuple[str, int]:
        said.clear()
        status = run(Context(fs, FileSystem.local(fs.hdfs), [], None), command.split(), said.append, said.append)
        return b"".join(said).decode(), status

    return tmp_path, say


def test_crc32c():
    assert crc32c(b"123456789").hex() == "e3069283"  # the check value of its definition


@pytest.mark.parametrize("content", REAL, ids=len)
def test_checksums_are_those_of_hdfs(hdfs, content):
    root, say = hdfs
    (root / "f").write_bytes(content)
    assert say("-checksum /f") == (f"/f\t{REAL[content]}\n", 0)
    assert say("-checksum -v /f") == (f"/f\t{REAL[content]}\tBlockSize=134217728\n", 0)


def test_a_checksum_of_several_blocks(hdfs, monkeypatch):
    root, say = hdfs
    monkeypatch.setitem(filesystem.BLOCK_SIZE, True, 1 << 20)
    (root / "f").write_bytes(bytes(range(256)) * 5000)
    real = "MD5-of-2048MD5-of-512CRC32C\t0000020000000000000008002e0e421462d13fe64055bfb7d484e55c"
    assert say("-checksum /f") == (f"/f\t{real}\n", 0)


def test_files_of_this_machine_have_none(hdfs, tmp_path):
    (tmp_path / "f").write_text("x")
    assert hdfs[1](f"-checksum file://{tmp_path}/f") == (f"file://{tmp_path}/f\tNONE\n", 0)


def test_the_disk(hdfs, monkeypatch):
    numbers = [4096, 4096, 66_053_021, 60_872_901, 60_872_901, 1, 1, 1, 0, 255]
    monkeypatch.setattr(os, "statvfs", lambda path: os.statvfs_result(numbers))
    assert hdfs[1]("-df")[0] == (
        "Filesystem                Size         Used     Available  Use%\n"
        "hdfs://localhost  270553174016  21217771520  249335402496    8%\n"
    )
    assert hdfs[1]("-df -h / file:///")[0] == (
        "Filesystem           Size    Used  Available  Use%\n"
        "hdfs://localhost  252.0 G  19.8 G    232.2 G    8%\n"
        "file:///          252.0 G  19.8 G    232.2 G    8%\n"
    )


def test_find_does_not_follow_links_and_lists_in_order(hdfs):
    root, say = hdfs
    for name in ("d/b", "d/a", "d/c"):
        (root / name).mkdir(parents=True)
    (root / "d/a/loop").symlink_to(root / "d")
    assert say("-find /d") == ("/d\n/d/a\n/d/a/loop\n/d/b\n/d/c\n", 0)


@pytest.mark.parametrize("command, status", [("-find /tmp -name", 255), ("-find /tmp -name [", 1)])
def test_a_wrong_expression(hdfs, command, status):
    text, ended = hdfs[1](command)
    assert (ended, text.startswith(("find: ", "-find: "))) == (status, True)
