"""remote.py: a small server here, which can truncate a body, and a hdfs command that is a script."""

import gzip
import os
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from encoded_files import py7zr_archive, read
from serving import serving

from streamtools.errors import DataError, NoInputError, StreamtoolsError, TransferError, UnavailableError
from streamtools.inputs.remote import EXTRAS


class Handler(BaseHTTPRequestHandler):
    """Serves `files` by name; the query says how: nolength, cut, norange."""

    files: dict[str, bytes]
    requests: list[str]

    def do_GET(self) -> None:
        name, _, how = self.path.lstrip("/").partition("?")
        self.requests.append(self.headers.get("Range", ""))
        if name.startswith("webhdfs/v1/"):
            name, how = name.removeprefix("webhdfs/v1/"), how.partition("&")[0]
        if name not in self.files:
            self.send_error(404)
            return
        data = self.files[name]
        start = int((self.headers.get("Range") or "bytes=0-")[6:].partition("-")[0])
        if "Range" in self.headers and "norange" not in how:
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            data = data[start:]
        else:
            self.send_response(200)
        if "nolength" not in how:
            self.send_header("Content-Length", str(len(data)))
        if "norange" in how:
            self.send_header("Accept-Ranges", "none")
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if "cut" in how else data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, log: bytes) -> Iterator[str]:
    """host:port of a server of log, log.gz and log.7z."""
    try:
        import requests  # noqa: F401
    except ImportError:
        if os.environ.get("CI"):
            pytest.fail("needs requests: pip install requests")
        pytest.skip("needs requests: pip install requests")
    archive = py7zr_archive(tmp_path / "x.7z", {"a": log, "b": log}, filters=[{"id": 0x21, "preset": 1}])
    Handler.files = {"log": log * 20, "log.gz": gzip.compress(log * 20), "log.7z": archive.read_bytes()}
    Handler.requests = []
    with serving(Handler) as address:
        yield address


@pytest.mark.parametrize(("name", "times"), [("log", 20), ("log.gz", 20), ("log.gz?nolength", 20), ("log.7z", 2)])
def test_http(name: str, times: int, server: str, log: bytes) -> None:
    assert read(f"http://{server}/{name}") == log * times


def test_an_archive_over_http_is_read_by_ranges(server: str, log: bytes) -> None:
    assert read(f"http://{server}/log.7z", member="b") == log
    assert any(range for range in Handler.requests)


@pytest.mark.parametrize("scheme", ["http", "webhdfs"])
@pytest.mark.parametrize(
    ("name", "error"),
    [("log?cut", TransferError), ("log.gz?cut", StreamtoolsError), ("log.gz?nolength,cut", DataError)],
)
def test_a_body_cut_short(scheme: str, name: str, error: type[StreamtoolsError], server: str) -> None:
    with pytest.raises(error, match=f"{scheme}://{server}/"):
        read(f"{scheme}://{server}/{name}")


@pytest.mark.parametrize("how", ["nolength", "nolength,cut"])
def test_plain_data_of_unknown_length_are_refused(how: str, server: str) -> None:
    with pytest.raises(DataError, match="does not send the length"):
        read(f"http://{server}/log?{how}")


def test_what_cannot_be_sought_in_or_is_not_there(server: str) -> None:
    with pytest.raises(StreamtoolsError, match="cannot be read from a pipe"):
        read(f"http://{server}/log.7z?norange")
    with pytest.raises(NoInputError, match="cannot be opened: 404"):
        read(f"http://{server}/gone")
    with pytest.raises(NoInputError, match="gone"):
        read(f"webhdfs://{server}/gone")


def test_webhdfs(server: str, log: bytes) -> None:
    assert read(f"webhdfs://{server}/log.gz") == log * 20


@pytest.fixture
def hdfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """hdfs(script) puts a command `hdfs` of this shell script on the path."""

    def install(script: str) -> None:
        program = tmp_path / "bin" / "hdfs"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

    return install


def test_hdfs(hdfs: Callable[[str], None], tmp_path: Path, log: bytes) -> None:
    (tmp_path / "log.gz").write_bytes(gzip.compress(log))
    hdfs(f'test "$1 $2" = "dfs -cat" && exec cat {tmp_path}/"${{3##*/}}"')
    assert read("hdfs:///logs/log.gz") == log


def test_hdfs_that_fails(hdfs: Callable[[str], None]) -> None:
    hdfs("yes | head -c 1000000; exit 1")
    with pytest.raises(TransferError, match=r"hdfs:///logs/x: reading failed at byte 786,432: .*exit status 1"):
        read("hdfs:///logs/x")


def test_no_hdfs_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError, match="needs the hdfs command"):
        read("hdfs:///logs/x")


@pytest.mark.parametrize("scheme", sorted(scheme for scheme, extra in EXTRAS.items() if extra))
def test_the_missing_extra_is_named(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import smart_open

    def missing(*_: object, **__: object) -> None:
        raise ImportError("no module")

    monkeypatch.setattr(smart_open, "open", missing)
    with pytest.raises(UnavailableError, match=rf"pip install 'streamtools\[{EXTRAS[scheme]}\]'"):
        read(f"{scheme}://host/x")
