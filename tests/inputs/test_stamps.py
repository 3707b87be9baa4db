"""streamtools.inputs.stamps: what counts as a change of an input while it is read, and what does not."""

import os
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from encoded_files import py7zr_archive
from serving import serving

from streamtools.errors import DataError
from streamtools.inputs import ReadOptions, open_inputs
from streamtools.inputs.stamps import check_inputs, stamp_file, stamp_inputs

DATA = b"".join(b"line %d\n" % number for number in range(200_000))


def overwrite(path: Path) -> None:
    path.write_bytes(b"x" * (len(DATA) + 9))


def touch(path: Path) -> None:
    os.utime(path, ns=(1, 1))


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut short": (lambda path: os.truncate(path, 1000), "was cut short from 2,288,890 to 1,000 bytes"),
    "emptied": (lambda path: path.write_bytes(b""), "was cut short"),
    "of the same size": (touch, "was changed"),
    "overwritten and grown": (overwrite, "was overwritten"),
}
NO_CHANGES: dict[str, Callable[[Path], object]] = {
    "nothing": lambda path: None,
    "appended to, as a log is": lambda path: path.write_bytes(DATA + b"more\n"),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize(("change", "problem"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_told(change: Callable[[Path], object], problem: str, tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(DATA)
    stamps = stamp_inputs([str(path)])
    change(path)
    with pytest.raises(DataError, match=f"in: {problem}.* while it was read"):
        check_inputs(stamps)


@pytest.mark.parametrize("change", NO_CHANGES.values(), ids=NO_CHANGES)
def test_growth_is_no_change(change: Callable[[Path], object], tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(DATA)
    stamps = stamp_inputs([str(path)])
    change(path)
    check_inputs(stamps)


@pytest.mark.parametrize("at", [0, len(DATA) - 1])
def test_the_sample_notices_content_that_changed_with_size_and_time_kept(at: int, tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(DATA)
    before, times = stamp_file(str(path)), path.stat()
    path.write_bytes(DATA[:at] + b"#" + DATA[at + 1 :])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert stamp_file(str(path)) != before


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert stamp_inputs([str(tmp_path / "pipe")]) == {str(tmp_path / "pipe"): ()}


def test_a_later_volume_counts(tmp_path: Path) -> None:
    data = py7zr_archive(tmp_path / "x.7z", {"a": DATA}).read_bytes()
    for number in (1, 2):
        (tmp_path / f"x.7z.00{number}").write_bytes(data[number - 1 :: 2])
    stamps = stamp_inputs([str(tmp_path / "x.7z.001")])
    touch(tmp_path / "x.7z.002")
    with pytest.raises(DataError, match=r"x\.7z\.002: was changed"):
        check_inputs(stamps)


class Versions(BaseHTTPRequestHandler):
    """Serves an object with an ETag."""

    tag = "one"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.send_header("ETag", f'"{self.tag}"')
        self.end_headers()
        self.wfile.write(b"a\n")

    def log_message(self, *_: object) -> None:
        pass


def test_another_version_on_a_server_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("requests")
    with serving(Versions) as address:
        stamps = stamp_inputs([f"http://{address}/x"])
        check_inputs(stamps)
        monkeypatch.setattr(Versions, "tag", "two")
        with pytest.raises(DataError, match="x: was changed"):
            check_inputs(stamps)


@pytest.mark.parametrize(("change", "problem"), CHANGES.values(), ids=CHANGES)
def test_a_file_that_changes_while_it_is_read(change: Callable[[Path], object], problem: str, tmp_path: Path) -> None:
    """This is what st-cat, st-sort and st-pack read by."""
    path = tmp_path / "in"
    path.write_bytes(DATA)
    chunks = open_inputs([str(path)])
    next(chunks)
    change(path)
    with pytest.raises(DataError, match=f"in: {problem}.* while it was read"):
        list(chunks)


def test_a_file_cut_short_is_told_and_the_next_one_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(DATA)
    (tmp_path / "b").write_bytes(b"b\n")
    told: list[DataError] = []
    chunks = open_inputs([str(tmp_path / "a"), str(tmp_path / "b")], ReadOptions(on_error=told.append))
    first = next(chunks)
    os.truncate(tmp_path / "a", 10)
    assert b"".join([first, *chunks]).endswith(b"b\n")
    assert [error.place for error in told] == [str(tmp_path / "a")]
