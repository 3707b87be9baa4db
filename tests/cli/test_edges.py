"""What every filter does at the edges: with odd input or none, a reader that leaves, a full disk, a signal."""

import os
import re
import signal
import subprocess
import sys
import time

import py7zr
import pytest
from places import BIN, ROOT

FILTERS = [
    "st-map",
    "st-map words",
    "st-map identity",
    "st-combine",
    "st-reduce",
    "st-reduce identity",
    "st-sort",
    "st-cat",
]
TOOLS = ["st-cat", "st-pack", "st-map", "st-combine", "st-sort", "st-reduce", "st-run"]
ENDLESS = "yes $'k\\t1'"


@pytest.mark.parametrize("tool", FILTERS)
def test_empty_input_gives_empty_output(shell, tool):
    done = shell(tool)
    assert (done.stdout, done.stderr, done.returncode) == (b"", b"", 0)


@pytest.mark.parametrize("tool", FILTERS)
def test_stdin_may_be_closed(shell, tool):
    done = shell(f"{tool} <&-")
    assert done.stdout == b""
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "tool, input, expected",
    [
        ("st-map", b"a\tb\nc\td", b"b\t1\nd\t1\n"),
        ("st-map identity", b"a\n\n\nb", b"a\n\n\nb\n"),
        ("st-map words", b"a b", b"a\t1\nb\t1\n"),
        ("st-reduce", b"a\t1\na\t2", b"a\t3\n"),
        ("st-reduce", b"\t1\n\t1\n", b"\t2\n"),
        ("st-reduce count", b"\n\na\n", b"\t2\na\t1\n"),
        ("st-reduce", b"a\t1\r\na\t2\r\n", b"a\t3\n"),
        ("st-reduce", b"\x00\t1\n\xff\t1\n", b"\x00\t1\n\xff\t1\n"),
        ("st-sort", b"b\na\n\n", b"\na\nb\n"),
        ("st-sort", b"b\r\nb\n\x00\n\xff", b"\x00\nb\nb\r\n\xff\n"),
    ],
)
def test_odd_records(shell, tool, input, expected):
    done = shell(tool, input)
    assert (done.stdout, done.stderr, done.returncode) == (expected, b"", 0)


def test_a_line_of_100_megabytes(shell):
    made = "head -c 100000000 /dev/zero | tr '\\0' x"
    assert shell(f"({made}; printf '\\tu\\n') | st-map").stdout == b"u\t1\n"
    assert shell(f"({made}; printf '\\t1\\n') | st-reduce | wc -c").stdout == b"100000003\n"


@pytest.mark.parametrize("tool", ["st-map", "st-map identity", "st-combine identity", "st-reduce identity", "st-cat"])
def test_a_reader_that_goes_away_ends_it_silently_by_sigpipe(shell, tool):
    done = shell(f"{ENDLESS} | {tool} | head -1; echo ${{PIPESTATUS[1]}} >&2")
    assert done.stdout.count(b"\n") == 1
    assert done.stderr == b"141\n"


@pytest.mark.parametrize("tool", FILTERS)
def test_a_full_disk_is_told(shell, tool):
    done = shell(f"printf 'k\\t1\\n' | {tool} > /dev/full")
    assert done.returncode == os.EX_IOERR
    assert done.stderr.startswith(tool.split()[0].encode() + b": output: no space left on device")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("number, status", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize("tool", FILTERS)
def test_a_signal_ends_it_and_leaves_nothing(tool, number, status, tmp_path):
    process = subprocess.Popen(
        [BIN / tool.split()[0], *tool.split()[1:]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert process.stdin and process.stdout
    process.stdin.write(b"k\t1\n" * 1000)
    process.stdin.flush()
    wait_until_it_reads(process.pid)
    process.send_signal(number)
    _, told = process.communicate(timeout=20)
    assert (process.returncode, told) == (status, b"")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("tool", FILTERS)
def test_under_nohup_a_hangup_is_ignored(tool):
    ignoring = [sys.executable, "-c", "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
                "os.execvp(sys.argv[1], sys.argv[1:])"]  # fmt: skip
    command = [*ignoring, BIN / tool.split()[0], *tool.split()[1:]]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_until_it_reads(process.pid)
    process.send_signal(signal.SIGHUP)
    out, told = process.communicate(b"k\t1\n", timeout=20)
    assert (process.returncode, len(out) > 0, told) == (0, True, b"")


def wait_until_it_reads(pid: int) -> None:
    """Wait until the process is past its start-up: it sleeps in a read of its stdin (fd 0), all of it taken."""
    for _ in range(1000):
        with open(f"/proc/{pid}/syscall") as file:
            if file.read().split()[:2] == ["0", "0x0"]:
                return
        time.sleep(0.01)
    raise AssertionError("it never came to read")


@pytest.mark.parametrize("tool", TOOLS)
def test_version(shell, tool):
    assert shell(f"{tool} --version").stdout.startswith(b"streamtools ")


@pytest.mark.parametrize("tool", [*FILTERS, "st-pack", "st-combine count"])
def test_help_is_asked_for_in_two_ways(shell, tool):
    short, long = shell(f"{tool} -h"), shell(f"{tool} --help")
    assert (short.stdout, short.returncode, short.stderr) == (long.stdout, 0, b"")
    assert short.stdout.startswith(b"Usage: " + tool.encode())


@pytest.mark.parametrize("size", ["''", "many", "-1", "1.5.2", "64X", "9" * 400])
def test_what_is_no_size(shell, size):
    done = shell(f"st-sort --memory {size}")
    assert (done.returncode, done.stderr.count(b"\n")) == (os.EX_USAGE, 1)
    assert b"write it like 64K, 256M, 2G or 50%" in done.stderr


@pytest.mark.parametrize("size", ["1000000", "1.5M", "64MiB", "2G", "50%"])
def test_what_is_a_size(shell, size):
    assert shell(f"st-sort --memory {size}", b"b\na\n").stdout == b"a\nb\n"


def test_a_program_of_all_tools(shell):
    program = f"PYTHONPATH={ROOT} {sys.executable} -m streamtools"
    told = shell(program)
    assert (told.returncode, told.stderr) == (0, b"")
    assert all(re.search(rf"^  {path.name} +\w", told.stdout.decode(), re.MULTILINE) for path in BIN.glob("st-*"))
    assert shell(f"{program} st-map words", b"a b\n").stdout == b"a\t1\nb\t1\n"
    for wrong, said in (("st-maps", b"did you mean st-map?"), ("--no-such-option", b"--help")):
        done = shell(f"{program} {wrong}")
        assert (done.returncode, done.stderr.count(b"\n"), said in done.stderr) == (os.EX_USAGE, 1, True)


def test_make_asks_for_a_python_that_is_new_enough(shell):
    python = '#!/bin/sh\n[ "$1" = -c ] && exec python3 -c "import sys; sys.version_info = (3, 9); $2"; touch .venv'
    copied = " ".join(str(ROOT / name) for name in ("Makefile", "setup.cfg", "pyproject.toml"))
    command = f"cp {copied} . && cat > old && chmod +x old && make demo PYTHON=./old; ls -A"
    done = shell(command, python.encode())
    assert done.stderr.startswith(b"Python 3.10 or newer is needed")
    assert b".venv" not in done.stdout.split()


@pytest.mark.parametrize(
    "mapper, said",
    [
        ("st-map --version", "^streamtools .*\t\n$"),
        ("st-map -h", "^Usage: st-map "),
        ("st-map fields --values", "st-run: -mapper st-map: .*; try 'st-map fields --help'\n"),
        ("st-map words in", "in: cannot read a named file"),
    ],
)
def test_within_a_job_a_stage_says_what_it_says_alone(shell, mapper, said):
    job = f"st-run --quiet --stdout -input in -mapper '{mapper}' -numReduceTasks 0"
    assert re.search(said, shell(f"echo a > in; {job} 2>&1").stdout.decode())


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if tool != "st-run"])
def test_an_unknown_option_is_a_usage_error_of_one_line(shell, tool):
    done = shell(f"{tool} --no-such-option")
    assert done.returncode == os.EX_USAGE
    assert done.stderr.startswith(tool.encode() + b": ")
    assert done.stderr.count(b"\n") == 1


def test_executables_run_through_a_symlink_from_anywhere(shell):
    done = shell(f"mkdir d && ln -s {BIN}/st-map d/mapper && cd / && printf 'a\\tb\\n' | $OLDPWD/d/mapper")
    assert (done.stdout, done.stderr) == (b"b\t1\n", b"")


NEEDED = {
    "st-map grep": "1",
    "st-map index": "--input-name d",
    "st-map join": "-s d=1 -s e=1 --input-name d",
    "st-map json": "-k x --on-error skip",
}


@pytest.mark.parametrize("tool", ["st-map", "st-combine", "st-reduce"])
def test_every_name_of_a_library_runs(shell, tool):
    for line in shell(f"{tool} --list").stdout.split(b"\n")[:-1]:
        command = f"{tool} {line.split()[0].decode()}"
        done = shell(f"{command} {NEEDED.get(command, '')}", b"k\t1\nk\t1\n" if "join" not in command else b"k\t0\tx\n")
        assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done
        assert done.stdout or command in ("st-map json", "st-reduce join", "st-map sample")


@pytest.mark.parametrize(
    "command, told",
    [
        *((f"{tool} <&-", f"{tool.split()[0]}: stdin: bad file descriptor\n") for tool in [*FILTERS, "st-cat"]),
        *(
            (f"{tool} >&- < <(printf 'k\\t1\\n')", f"{tool.split()[0]}: output: bad file descriptor\n")
            for tool in [*FILTERS, "st-cat"]
        ),
        ("st-map --list >&-", "st-map: output: bad file descriptor\n"),
        ("st-run --help >&-", "st-run: output: bad file descriptor\n"),
    ],
)
def test_a_closed_stream_is_no_empty_one(shell, command, told):
    done = shell(command)
    assert (done.returncode, done.stderr.decode()) == (os.EX_IOERR, told)


def test_a_closed_stderr_changes_nothing(shell):
    assert shell("st-cat missing 2>&-").returncode == os.EX_NOINPUT
    assert shell("printf 'b\na\n' | gzip | st-sort 2>&-").stdout == b"a\nb\n"
    assert shell("printf 'b\na\n' | gzip | st-cat 0<&0 2>&-").stdout == b"b\na\n"


def without(library, folder):
    """A PYTHONPATH by which a library is not there."""
    lacking = folder / "lacking"
    lacking.mkdir()
    (lacking / "sitecustomize.py").write_text(f"import sys\nsys.modules[{library!r}] = None\n")
    return str(lacking)


@pytest.mark.parametrize(
    "library, command, package",
    [
        ("py7zr", "st-cat x.7z", b"py7zr"),
        ("backports.zstd", "st-cat x.zst", b"backports.zstd"),
        ("backports.zstd", "st-pack --codec zst x -o out", b"backports.zstd"),
        ("py7zr", "st-run -input x.7z -output out -mapper cat -reducer NONE", b"py7zr"),
    ],
)
def test_a_library_that_is_not_installed(shell, tmp_path, library, command, package):
    if library == "backports.zstd" and sys.version_info >= (3, 14):
        pytest.skip("the standard library has it")
    (tmp_path / "x").write_bytes(b"a\n")
    (tmp_path / "x.zst").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(20))
    with py7zr.SevenZipFile(tmp_path / "x.7z", "w") as archive:
        archive.writestr(b"a\n", "a")
    done = shell(command, PYTHONPATH=without(library, tmp_path))
    assert b"Traceback" not in done.stderr
    assert b"%s: missing Python library; pip install %s" % (package, package) in done.stderr
    assert done.returncode == os.EX_UNAVAILABLE


def test_without_isal_checksums_are_those_of_zlib(shell, tmp_path):
    lacking = without("isal", tmp_path)
    lines = b"".join(b"line %d\n" % n for n in range(50_000))
    (tmp_path / "x").write_bytes(lines)
    with py7zr.SevenZipFile(tmp_path / "x.7z", "w") as archive:
        archive.writestr(lines, "a")
    done = shell("st-pack x x.7z -o out --codec none -S 1 --size 150K && st-cat out && st-cat x.7z", PYTHONPATH=lacking)
    assert (done.returncode, done.stdout) == (0, lines * 3), done.stderr
    assert shell("st-pack --verify -o out").returncode == 0  # by isal
