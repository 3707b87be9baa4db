"""st-sort as a user runs it: options, faults, signals; and nothing is ever left behind."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ST_SORT = Path(__file__).parents[2] / "bin" / "st-sort"
BIG = b"".join(b"%09d\t%d\n" % (number * 7919 % 1_000_003, number % 7) for number in range(200_000))  # 2.4 MB
ORDERED = b"".join(sorted(BIG.splitlines(keepends=True), key=lambda line: line[:9]))
SMALL = b"b\t1\na\t2\nb\t0\n"


@pytest.fixture(autouse=True)
def python(monkeypatch: pytest.MonkeyPatch) -> None:
    """The executables run by the Python of the tests."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def big(tmp_path: Path) -> Path:
    path = tmp_path / "big"
    path.write_bytes(BIG)
    return path


def left(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


@pytest.mark.parametrize(
    ("command", "input", "output"),
    [
        ("st-sort", SMALL, b"a\t2\nb\t1\nb\t0\n"),
        ("st-sort -r", SMALL, b"b\t1\nb\t0\na\t2\n"),
        ("st-sort -u", SMALL, b"a\t2\nb\t1\n"),
        ("st-sort -n", b"10\n9\n-1\n", b"-1\n9\n10\n"),
        ("st-sort -n -r", b"10\n9\n-1\n", b"10\n9\n-1\n"),
        ("st-sort -t , --key-fields 2", b"a,c,1\na,b,2\na,b,1\n", b"a,b,2\na,b,1\na,c,1\n"),
        ("st-sort -k1,1 -k2,2nr", b"b\t1\na\t2\na\t10\n", b"a\t10\na\t2\nb\t1\n"),
        ("st-sort --key-options '-k1,1 -k2,2nr'", b"b\t1\na\t2\na\t10\n", b"a\t10\na\t2\nb\t1\n"),
        ("st-sort -r -k2,2 -k1,1", b"a\t1\nb\t2\nc\t2\n", b"c\t2\nb\t2\na\t1\n"),
        ("st-sort -u -k2,2n", b"a\t1\nb\t01\nc\t1\n", b"b\t01\na\t1\n"),
        ("st-sort", b"b\na", b"a\nb\n"),  # a missing LF is made good
        ("st-sort", b"", b""),
        ("st-sort", b"a\tz\na\x01\tz\na\tb\n", b"a\tz\na\tb\na\x01\tz\n"),
        ("st-sort -c", b"a\t2\na\t1\nb\t0\n", b""),
        ("st-sort -m one two -", b"b\t3\n", b"a\t1\nb\t1\nb\t2\nb\t3\n"),
        ("st-sort -m -u -", b"a\t1\na\t2\nb\n", b"a\t1\nb\n"),
        ("st-sort -m -u one - two", b"b\t5\nb\t6\nc\nc\n", b"a\t1\nb\t1\nc\n"),
        ("st-sort one two", b"", b"a\t1\nb\t1\nb\t2\n"),
        ("gzip -k two; st-sort one two.gz", b"", b"a\t1\nb\t1\nb\t2\n"),
        ("mkdir in; cp one two in; st-sort in", b"", b"a\t1\nb\t1\nb\t2\n"),  # a directory is its files, as for st-cat
        ("st-sort -o one one two; cat one", b"", b"a\t1\nb\t1\nb\t2\n"),
        ("st-sort -o /dev/stdout one", b"", b"a\t1\nb\t1\n"),
    ],
)
def test_options(shell, tmp_path, command, input, output):
    (tmp_path / "one").write_bytes(b"a\t1\nb\t1\n")
    (tmp_path / "two").write_bytes(b"b\t2\n")
    done = shell(command, input)
    assert (done.stdout, done.stderr, done.returncode) == (output, b"", 0)


@pytest.mark.parametrize(
    ("command", "status", "message"),
    [
        ("st-sort -k x", 64, b"st-sort: -k x: invalid key; write it like"),
        ("st-sort --key-options '-k1 foo'", 64, b"st-sort: foo: unknown key option; use -k2,2"),
        ("st-sort -t ''", 64, b"st-sort: --separator: cannot be empty"),
        ("st-sort -S much", 64, b"is no size"),
        ("st-sort -c -m", 64, b"cannot be combined with"),
        ("st-sort missing", 66, b"missing"),
        (
            "st-sort -T missing",
            73,
            b"st-sort: missing: cannot make temporary files; choose another directory with -T",
        ),
        ("st-sort -o missing/out", 73, b"st-sort: missing/out: cannot write the output: no such file"),
        ("st-sort -o .", 73, b"st-sort: .: is a directory; choose a file"),
        ("st-sort -c", 1, b"st-sort: -:3: disorder: a\t0; sort it first"),
        ("st-sort -c -u", 1, b"st-sort: -:2: disorder: b\t2"),
        ("printf a | gzip | head -c 12 > cut.gz; st-sort -o out cut.gz", 65, b"cut.gz"),
        ("st-sort -o out /proc/self/mem", 74, b"st-sort: "),
    ],
)
def test_what_is_wrong_is_told_in_one_line(shell, tmp_path, command, status, message):
    done = shell(command, b"b\t1\nb\t2\na\t0\n")
    assert done.returncode == status, done.stderr
    assert message in done.stderr and done.stderr.count(b"\n") == 1
    assert done.stdout == b"" and left(tmp_path) <= {"cut.gz"}


@pytest.mark.parametrize("options", ["-j1", "-j2", "-j2 --batch-size 2", "-j2 --compress-runs zst", "-r -j2"])
def test_more_than_memory(shell, big, tmp_path, options):
    done = shell(f"st-sort -S 512K -T . -o out {options} big && cat out")
    expected = ORDERED
    if "-r" in options.split():
        expected = b"".join(sorted(BIG.splitlines(keepends=True), key=lambda line: line[:9], reverse=True))
    assert (done.stdout == expected, done.stderr, left(tmp_path)) == (True, b"", {"big", "out"})


def test_few_descriptors(shell, big):
    done = shell("ulimit -n 20; st-sort -S 512K -j 2 big")
    assert (done.stdout == ORDERED, done.stderr) == (True, b"")


def test_too_few_descriptors_for_the_workers(shell, big):
    done = shell("ulimit -n 20; st-sort -S 512K -j 16 big")
    assert (done.returncode, done.stdout) == (74, b"")
    assert done.stderr == (
        b"st-sort: cannot start 16 worker processes: too many open files; use fewer --jobs, or raise the limit with"
        b" ulimit\n"
    )


def test_merge_of_more_inputs_than_a_batch(shell, tmp_path):
    lines = BIG.splitlines(keepends=True)
    for number in range(20):
        part = sorted(lines[number * 10_000 : (number + 1) * 10_000], key=lambda line: line[:9])
        (tmp_path / f"part-{number:02}").write_bytes(b"".join(part))
    assert shell("st-sort -m --batch-size 3 -S 1M part-*").stdout == ORDERED


def test_a_line_longer_than_memory(shell, tmp_path):
    long = b"m" * 3_000_000
    (tmp_path / "in").write_bytes(b"z\n%s\na\n%s\n" % (long, long))
    done = shell("st-sort -S 1M -j 2 in")
    assert done.stdout == b"a\n" + long + b"\n" + long + b"\nz\n"
    assert done.stderr.startswith(b"st-sort: warning: a line of 3000001 bytes is longer than --memory")


LIMITED = "unset COVERAGE_PROCESS_CONFIG; ulimit -f 64; "  # the data of make coverage would not fit either


@pytest.mark.parametrize("output", ["out", "big"])
def test_no_space(shell, big, tmp_path, output):
    """A limit of the size of files, as Python ignores SIGXFSZ, stands for a full disk."""
    done = shell(f"{LIMITED}st-sort -S 512K -T . -o {output} big")
    assert done.returncode == 74
    assert done.stderr == (
        b"st-sort: .: cannot write a temporary file: file too large; "
        b"free some space, or choose another directory with -T\n"
    )
    assert left(tmp_path) == {"big"} and big.read_bytes() == BIG


def test_no_space_for_the_output(shell, big, tmp_path):
    done = shell(f"{LIMITED}st-sort -S 64M -o out big")
    assert (done.returncode, left(tmp_path)) == (74, {"big"})
    assert done.stderr.startswith(b"st-sort: ") and done.stderr.count(b"\n") == 1


def test_full_device(shell, big):
    done = shell("st-sort big > /dev/full")
    assert done.returncode == 74 and b"no space left" in done.stderr


def test_broken_pipe(shell, big, tmp_path):
    done = shell("st-sort -S 512K -T . big | head -n 1")
    assert (done.stdout, done.stderr, done.returncode) == (
        ORDERED[: ORDERED.find(b"\n") + 1],
        b"",
        128 + signal.SIGPIPE,
    )
    assert left(tmp_path) == {"big"}


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def has_runs(pid: int) -> bool:
    for number in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            if "(deleted)" in os.readlink(f"/proc/{pid}/fd/{number}"):
                return True
    return False


@pytest.fixture
def sorting(tmp_path: Path) -> Iterator[Callable[[str], "subprocess.Popen[bytes]"]]:
    """Starts st-sort with workers and brings it to a moment: it reads, it has written runs, or it merges."""
    started = []

    def start(moment: str) -> "subprocess.Popen[bytes]":
        pipe = subprocess.PIPE
        argv = [sys.executable, str(ST_SORT), "-S", "512K", "-j", "2", "-T", str(tmp_path)]
        if moment != "merging":
            argv += ["-o", str(tmp_path / "out")]
        process = subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe)
        started.append(process)
        assert process.stdin and process.stdout
        process.stdin.write(BIG[: 60_000 if moment == "reading" else None])
        process.stdin.flush()
        if moment == "reading":
            wait_for(lambda: len(children(process.pid)) == 2)
        elif moment == "spilled":
            wait_for(lambda: has_runs(process.pid))
        else:
            process.stdin.close()
            process.stdin = None
            assert select.select([process.stdout], [], [], 60)[0]
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("moment", ["reading", "spilled", "merging"])
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signals(sorting, tmp_path, moment, number, status):
    process = sorting(moment)
    workers = children(process.pid)
    assert len(workers) == 2
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors, left(tmp_path)) == (status, b"", set())
    wait_until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))


def wait_until(happened, seconds=20):
    """Wait for what comes soon: whoever adopts an ended worker takes a moment to bury it."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("moment", ["reading", "spilled"])
def test_a_worker_that_is_killed(sorting, tmp_path, moment):
    process = sorting(moment)
    os.kill(children(process.pid)[0], signal.SIGKILL)
    _, errors = process.communicate(BIG, timeout=60)
    assert process.returncode == 74 and left(tmp_path) == set()
    assert errors.startswith(b"st-sort: a worker process was killed by signal 9; ") and errors.count(b"\n") == 1


def test_memory_is_bounded(big, tmp_path):
    """Ten times the data take no more memory than the bound, 1.3 times, and the bare interpreters."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
    try:
        from measure import TreeWatch, bare_interpreter
    finally:
        sys.path.pop(0)
    more = tmp_path / "more"
    more.write_bytes(b"".join(b"%09d\t1\n" % (number * 7919 % 10_000_019) for number in range(1_500_000)))
    process = subprocess.Popen(
        [sys.executable, str(ST_SORT), "-S", "24M", "-j", "2", str(more)], stdout=subprocess.DEVNULL
    )
    watch = TreeWatch(process.pid)
    assert process.wait() == 0
    assert watch.stop() <= 1.3 * (24 << 20) + 3 * bare_interpreter() + (10 << 20)  # click and the modules


def test_merging_what_is_not_in_order_is_an_error_and_no_endless_loop():
    done = subprocess.run([sys.executable, str(ST_SORT), "-m"], input=b"b\na\n", capture_output=True, timeout=20)
    assert (done.returncode, done.stdout) == (65, b"")
    assert done.stderr.startswith(b"st-sort: merge: an input is not in order; ")


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_key_may_come_more_often_than_fits_in_memory(shell, jobs):
    done = shell(f"yes $'b\\t1\\na\\t1' | head -c 4M | st-sort -S 1M -j {jobs} | uniq -c")
    assert (done.stdout.split(), done.stderr) == (b"524288 a 1 524288 b 1".split(), b"")
