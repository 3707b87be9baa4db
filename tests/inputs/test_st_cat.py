"""st-cat as it is run: bytes to stdout, one line per error, and the end of a filter."""

import gzip
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from zlib import crc32

import pytest
from encoded_files import py7zr_archive

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


HOSTILE = {
    "nothing": b"",
    "no final newline": b"a\nb",
    "empty lines": b"\n\n\n",
    "CRLF": b"a\r\nb\r\n",
    "NUL and invalid UTF-8": b"\0\xff\xfe\0\n\x80",
    "a line of 5 MB": b"x" * 5_000_000 + b"\ny\n",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_one_plain_file_is_exactly_its_bytes(content: bytes, tmp_path: Path, st_cat: Run) -> None:
    (tmp_path / "x").write_bytes(content)
    assert st_cat(tmp_path / "x").stdout == content
    assert st_cat(input=content).stdout == content
    assert st_cat("-", input=gzip.compress(content)).stdout == content


def test_stdin_that_does_not_wait_is_read_to_its_end() -> None:
    """Whoever started us may have made its end of the pipe so: nothing there yet is not the end."""
    ours, theirs = os.pipe()
    os.set_blocking(ours, False)
    command = [Path(__file__).parents[2] / "bin" / "st-cat"]
    with subprocess.Popen(command, stdin=ours, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        os.close(ours)
        assert process.stdout and process.stderr
        for line in (b"a first line\n", b"a second line\n", b"the last\n"):
            os.write(theirs, line)
            assert process.stdout.read(len(line)) == line  # after which nothing is there until it is written
        os.close(theirs)
        assert (process.stdout.read(), process.stderr.read(), process.wait()) == (b"", b"", 0)


def test_many_inputs_in_order(tmp_path: Path, st_cat: Run) -> None:
    (tmp_path / "b").write_bytes(b"b")
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"a"))
    py7zr_archive(tmp_path / "c.7z", {"1": b"c1", "2": b"c2\n"})
    (tmp_path / "_hidden").write_bytes(b"no")
    done = st_cat(tmp_path, "-", tmp_path / "b", input=b"stdin\n")
    assert (done.stdout, done.stderr, done.returncode) == (b"a\nb\nc1\nc2\nstdin\nb", b"", 0)


def test_a_name_breaks_no_line_of_the_list(tmp_path: Path, st_cat: Run) -> None:
    py7zr_archive(tmp_path / "x.7z", {"a\tb\nc": b"d"})
    (_, row) = st_cat("--list", "x.7z", cwd=tmp_path).stdout.splitlines()
    assert row.split(b"\t")[1] == rb"a\tb\nc"


def test_list(tmp_path: Path, st_cat: Run) -> None:
    py7zr_archive(
        tmp_path / "x.7z", {"a.tsv": b"abc\n", "e": b"", "b.tsv": b"b\n"}, filters=[{"id": 0x21, "preset": 1}]
    )
    (tmp_path / "y.gz").write_bytes(gzip.compress(b""))
    (tmp_path / "z").write_bytes(b"12345")
    done = st_cat("--list", "x.7z", "y.gz", "z", cwd=tmp_path)
    size = (tmp_path / "y.gz").stat().st_size
    rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
    assert rows[0] == ["input", "member", "size", "packed", "method", "folder", "crc"]
    assert rows[1][:3] + rows[1][4:] == ["x.7z", "a.tsv", "4", "LZMA2", "0", "{:08x}".format(crc32(b"abc\n"))]
    assert rows[2:] == [
        ["x.7z", "e", "0", "-", "LZMA2", "0", "00000000"],
        ["x.7z", "b.tsv", "2", "-", "LZMA2", "0", "{:08x}".format(crc32(b"b\n"))],
        ["y.gz", "-", "-", str(size), "gz", "-", "-"],
        ["z", "-", "5", "5", "plain", "-", "-"],
    ]


def test_member(tmp_path: Path, st_cat: Run) -> None:
    file = py7zr_archive(tmp_path / "x.7z", {"a.tsv": b"a\n", "b.txt": b"b\n"})
    assert st_cat("--member", "*.txt", file).stdout == b"b\n"
    done = st_cat("--member", "*.gz", file)
    assert done.returncode == os.EX_NOINPUT
    assert b"no member matches '*.gz'" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["gone"], os.EX_NOINPUT, "st-cat: gone: no such file or directory; check the name\n"),
        (["*.gone"], os.EX_NOINPUT, "st-cat: *.gone: matches no file; hidden names (_x, .x) do not count\n"),
        (["--format", "zip", "x"], os.EX_USAGE, "st-cat: --format: unknown format 'zip'; use one of "),
        (["gopher://x"], os.EX_USAGE, "st-cat: gopher://x: reading from gopher:// is not supported; use one of "),
        (
            ["empty.gz"],
            os.EX_DATAERR,
            "st-cat: empty.gz: has the suffix of a .gz file but is empty; use ",
        ),
        (["--on-error", "never"], os.EX_USAGE, "st-cat: "),
    ],
)
def test_errors_are_one_line(arguments: list[str], status: int, message: str, tmp_path: Path, st_cat: Run) -> None:
    (tmp_path / "x").write_bytes(b"x\n")
    (tmp_path / "empty.gz").write_bytes(b"")
    done = st_cat(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (status, b"")
    assert done.stderr.decode().startswith(message)
    assert done.stderr.count(b"\n") == 1


def test_skipping_is_told_and_counted(tmp_path: Path, st_cat: Run) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"a\n" * 1000)[:-3])
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"b\n"))
    done = st_cat("--on-error", "skip-member", "a.gz", "b.gz", cwd=tmp_path)
    assert done.returncode == os.EX_DATAERR
    assert done.stdout == b"a\n" * 1000 + b"b\n"
    assert done.stderr.decode().splitlines()[1] == "st-cat: 1 damaged and skipped; all the rest was written"
    assert done.stderr.startswith(b"st-cat: a.gz: ends in the middle of the gz stream")


@pytest.mark.parametrize("name", ["log", "log.gz", "log.7z"])
def test_a_reader_that_goes_away_ends_it_silently(name: str, tmp_path: Path, st_cat: Run) -> None:
    data = b"some line\n" * 1_000_000
    if name == "log.7z":
        py7zr_archive(tmp_path / name, {"a": data}, filters=[{"id": 0x21, "preset": 1}])
    else:
        (tmp_path / name).write_bytes(gzip.compress(data, 1) if name == "log.gz" else data)
    program = Path(__file__).parents[2] / "bin" / "st-cat"
    script = f"'{program}' {name} | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, timeout=60)
    assert done.stdout == b"some line\n141\n"
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk(tmp_path: Path, st_cat: Run) -> None:
    (tmp_path / "x").write_bytes(b"x\n")
    with open("/dev/full", "wb") as full:
        done = st_cat(tmp_path / "x", stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert done.returncode == os.EX_IOERR
    assert b"no space left" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals(number: signal.Signals, tmp_path: Path) -> None:
    program = Path(__file__).parents[2] / "bin" / "st-cat"
    with subprocess.Popen(
        [str(program), "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"a first line, so that it has begun\n")
        process.stdin.flush()
        assert process.stdout.read(1) == b"a"  # given on as it came
        process.send_signal(number)
        process.stdout.read()
        assert process.wait(30) == 128 + number
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_progress_is_told_on_a_terminal_only(tmp_path: Path, st_cat: Run) -> None:
    (tmp_path / "x").write_bytes(b"x\n")
    program = Path(__file__).parents[2] / "bin" / "st-cat"
    terminal, inner = os.openpty()
    with subprocess.Popen([str(program), "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=inner) as process:
        os.close(inner)
        assert process.stdin is not None
        assert process.stdout is not None
        end = time.monotonic() + 20
        told = b""
        while b" written" not in told and time.monotonic() < end:
            process.stdin.write(b"some line\n")
            process.stdin.flush()
            process.stdout.read(10)
            if select.select([terminal], [], [], 0.02)[0]:
                told += os.read(terminal, 1000)
        process.stdin.close()
        assert process.wait(20) == 0
    with suppress(OSError):  # the end of a terminal is an error
        while more := os.read(terminal, 1000):
            told += more
    os.close(terminal)
    assert re.search(rb"\r\x1b\[Jst-cat .*bytes.* B written", told), told
    assert told.endswith(b"\r\x1b[J")  # cleared at the end


def test_plain_text_needs_no_heavy_import(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x\n")
    script = (
        "import sys; before = set(sys.modules);"  # whatever starts with this Python
        " from streamtools.cli import run; from streamtools.cli.st_cat import command; run(command, [sys.argv[1]]);"
        "print([name for name in ('smart_open', 'py7zr', 'lzma', 'bz2', 'isal', 'rich', 'tempfile')"
        " if name in sys.modules and name not in before])"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "x")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.stdout == "x\n[]\n", done.stderr


def test_help_has_examples_that_can_be_pasted(st_cat: Run) -> None:
    told = st_cat("--help").stdout.decode()
    assert "  Examples:\n    st-cat log.tsv.7z | st-map | st-sort | st-reduce\n" in told
