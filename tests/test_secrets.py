"""Passwords and signatures in addresses: not in anything that is printed, also on stdout, nor in what is kept."""

import logging
import subprocess
from http.server import BaseHTTPRequestHandler

import pytest
from places import BIN
from serving import serving

from streamtools.inputs import remote
from streamtools.packing.blob_manifest import to_keep
from streamtools.showing import redact

S3 = ["--cluster", "j-1", "--upload", "s3://bucket/folder"]
JOB = ["-output", "out", "-mapper", "cat", "-reducer", "wc"]


class Handler(BaseHTTPRequestHandler):
    """Answers with lines that name the query; 404 for what is "missing"."""

    def do_GET(self) -> None:
        name, _, query = self.path.partition("?")
        data = f"of {query}\n".encode() * 2000
        start, _, last = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
        part = data[int(start) : int(last) + 1 if last else None]
        self.send_response(404 if name == "/missing" else 206 if "Range" in self.headers else 200)
        self.send_header("Content-Range", f"bytes {start}-{int(start) + len(part) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server():
    pytest.importorskip("requests")
    with serving(Handler) as address:
        yield f"http://user:SECRET@{address}"


@pytest.fixture
def run(tmp_path):
    """Return a function that runs one of our tools."""

    def run(*words: str) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run([BIN / words[0], *words[1:]], cwd=tmp_path, capture_output=True)

    return run


@pytest.mark.parametrize(
    "words",
    [
        ["st-cat", "--list", "{server}/log?X-Amz-Signature=SECRET"],
        ["st-cat", "{server}/missing?X-Amz-Signature=SECRET"],
        ["st-run", "--dry-run", "-input", "{server}/log?X-Amz-Signature=SECRET", *JOB],
        ["st-run", "-input", "{server}/missing?X-Amz-Signature=SECRET", *JOB],
        ["st-run", "--plan", "--nodes", "1", "--cores", "1", "-input", "{server}/log?token=SECRET", *JOB],
        ["st-run", "--on", "hadoop", "--dry-run", "-input", "s3a://KEY:SECRET@bucket/log", *JOB],
        ["st-run", "--on", "emr", "--dry-run", *S3, "-input", "s3://KEY:SECRET@bucket/log", *JOB],
        ["st-run", "--on", "dataproc", "--dry-run", "--cluster", "c", "-input", "s3a://KEY:SECRET@bucket/log", *JOB],
    ],
    ids=lambda words: " ".join(words[:4]).split(" -input")[0],
)
def test_no_tool_prints_them(run, server, words):
    done = run(*(word.format(server=server) for word in words))
    assert b"***" in done.stdout + done.stderr or "--plan" in words, done
    assert b"SECRET" not in done.stdout + done.stderr, done


def test_libraries_log_without_them(capfd):
    remote._keep_secrets_out_of_logs()
    logger = logging.Logger("of a library")
    assert logging.lastResort
    logging.lastResort.handle(logger.makeRecord("", logging.WARNING, "", 1, "Retrying %s", ("/x?sig=SECRET",), None))
    assert capfd.readouterr().err == "Retrying /x?***\n"


def test_inputs_that_differ_only_in_them_are_told_apart(run, server, tmp_path):
    names = [f"{server}/log?sig=SECRET{number}" for number in range(3)]
    options = ["--codec", "none", "--size", "16K", "-o", "out", *names]
    assert run("st-pack", *options).returncode == 0
    whole = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert b"SECRET" not in whole["_manifest.tsv"] and len(whole) > 5
    for number in range(1, 4):  # the run goes on within the second input, and at the beginning of the last
        (tmp_path / "out/_SUCCESS").unlink()
        for path in sorted((tmp_path / "out").glob("part-*"))[number:]:
            path.unlink()
        done = run("st-pack", "--resume", *options)
        assert done.returncode == 0, done.stderr
        assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == whole


@pytest.mark.parametrize("name", ["plain", "dir/a?b", "s3://bucket/key"])
def test_names_without_secrets_are_kept_as_they_are(name):
    assert to_keep(name) == name


def test_what_is_kept_is_kept_so_again():
    kept = [to_keep(f"http://u:{password}@h/x?sig={password}") for password in ("a", "b")]
    assert kept[0] != kept[1]
    assert [to_keep(name) for name in kept] == kept == [redact(name) for name in kept]
    assert all(name.startswith("http://***@h/x?*** (") for name in kept)
