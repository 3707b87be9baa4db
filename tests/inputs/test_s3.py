"""remote.py and object_store.py over s3:// of moto's server: st-cat and st-run read, st-pack writes."""

import gzip
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from encoded_files import py7zr_archive
from places import BIN

SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


CREDENTIALS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}


Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    """What makes s3:// mean the server."""
    if not os.environ.get("CI"):
        pytest.importorskip("boto3", exc_type=ImportError)
        if subprocess.run([sys.executable, "-c", "import moto.server"], capture_output=True).returncode:
            pytest.skip("needs moto: pip install 'moto[server]'")
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert server.stdin and server.stdout
    port = int(server.stdout.readline())
    yield {**os.environ, **CREDENTIALS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    server.stdin.close()
    server.wait(timeout=20)
    server.stdout.close()


class Bucket:
    """The bucket `logs` of the server, by plain HTTP."""

    def __init__(self, server: str) -> None:
        self.server = f"{server}/logs"
        self._ask("PUT", "")

    def put(self, key: str, data: bytes) -> None:
        self._ask("PUT", f"/{key}", data)

    def delete(self, key: str) -> None:
        self._ask("DELETE", f"/{key}")

    def keys(self, prefix: str) -> list[str]:
        return re.findall(r"<Key>(.*?)</Key>", self._ask("GET", f"?list-type=2&prefix={prefix}"))

    def uploads(self) -> list[str]:
        """What is being uploaded in parts."""
        return re.findall(r"<UploadId>(.*?)</UploadId>", self._ask("GET", "?uploads"))

    def _ask(self, method: str, what: str, data: bytes | None = None) -> str:
        signed = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x"
        headers = {"Authorization": signed, "Content-Type": "application/octet-stream"}
        with urlopen(Request(self.server + what, data, headers, method=method), timeout=30) as answer:
            return str(answer.read().decode())


@pytest.fixture(scope="module")
def bucket(environment: dict[str, str]) -> Bucket:
    return Bucket(environment["AWS_ENDPOINT_URL"])


@pytest.fixture
def tool(environment: dict[str, str], tmp_path: Path) -> Run:
    """tool(name, *arguments) runs an executable to which s3:// means the server."""

    def run(name: str, *arguments: object) -> "subprocess.CompletedProcess[bytes]":
        command = [str(BIN / name), *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=100)

    return run


@pytest.fixture(scope="module")
def lines() -> bytes:
    generator = random.Random(1)
    return b"".join(b"%d\t%x\n" % (n, generator.getrandbits(60)) for n in range(9_000))


def test_read(bucket: Bucket, tool: Run, tmp_path: Path, lines: bytes) -> None:
    bucket.put("in/x.gz", gzip.compress(lines))
    bucket.put("in/x.7z", py7zr_archive(tmp_path / "x.7z", {"a": lines, "b": lines[:99]}).read_bytes())
    bucket.put("in/cut.gz", gzip.compress(lines)[:-99])
    done = tool("st-cat", "s3://logs/in/x.gz", "s3://logs/in/x.7z")
    assert done.returncode == 0, done.stderr
    assert done.stdout == lines + lines + lines[:99]
    assert tool("st-cat", "--member", "b", "s3://logs/in/x.7z").stdout == lines[:99]
    damaged = tool("st-cat", "s3://logs/in/cut.gz")
    assert damaged.returncode == os.EX_DATAERR
    assert damaged.stderr.startswith(b"st-cat: s3://logs/in/cut.gz: ends in the middle of the gz stream")
    gone = tool("st-cat", "s3://logs/gone")
    assert gone.returncode == os.EX_NOINPUT
    assert gone.stderr.startswith(b"st-cat: s3://logs/gone: ")
    job = tool("st-run", "-input", "s3://logs/in/x.gz", "-output", "-", "-mapper", "cat", "-reducer", "NONE")
    assert job.returncode == 0, job.stderr
    assert job.stdout == lines


def test_pack(bucket: Bucket, tool: Run, tmp_path: Path, lines: bytes) -> None:
    (tmp_path / "x").write_bytes(lines)
    options = ["--size", "30000", "-S", "1", "--codec", "zst", "-o", "s3://logs/out"]
    done = tool("st-pack", "x", *options, "--verify")
    assert done.returncode == 0, done.stderr
    blobs = [key for key in bucket.keys("out/") if "part-" in key]
    assert bucket.keys("out/") == ["out/_SUCCESS", "out/_manifest.tsv", *blobs]
    assert len(blobs) > 3
    assert tool("st-cat", *(f"s3://logs/{key}" for key in blobs)).stdout == lines
    again = tool("st-pack", "x", *options)
    assert again.returncode == os.EX_CANTCREAT
    assert b"s3://logs/out: was already finished" in again.stderr

    bucket.delete("out/_SUCCESS")
    bucket.delete(blobs[2])  # as if killed before it
    done = tool("st-pack", "x", *options, "--resume", "--verify")
    assert done.returncode == 0, done.stderr
    assert b"2 kept from before" in done.stderr
    assert bucket.keys("out/") == ["out/_SUCCESS", "out/_manifest.tsv", *blobs]
    bucket.put(blobs[1], b"")
    assert tool("st-pack", "--verify", "-o", "s3://logs/out").returncode == os.EX_DATAERR


def test_an_object_of_a_run_that_fails_does_not_appear(bucket: Bucket, tool: Run, tmp_path: Path, lines: bytes) -> None:
    data = bytearray(gzip.compress(lines))
    data[-5] ^= 1
    (tmp_path / "x.gz").write_bytes(data)
    done = tool("st-pack", "x.gz", "-S", "1", "-o", "s3://logs/failed")
    assert done.returncode == os.EX_DATAERR
    assert bucket.keys("failed/") == ["failed/_manifest.tsv"]
    assert bucket.uploads() == []
    nowhere = tool("st-pack", "x.gz", "-o", "s3://nowhere/out")
    assert nowhere.returncode == os.EX_CANTCREAT
    assert nowhere.stderr.startswith(b"st-pack: s3://nowhere/out/_manifest.tsv: cannot be written")
    assert nowhere.stderr.count(b"\n") == 1
