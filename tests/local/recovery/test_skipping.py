"""--skip-bad: the record on which a command dies is found, put aside and counted, and the task goes on without it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import BIN

from streamtools.local.recovery.bad_records import RecordedInput, find_bad_records
from streamtools.local.stages.feeds import leave_out

INTEGERS = """import sys
for line in sys.stdin:
    print(int(line) % 3, line, sep="\\t", end="")
    print("reporter:counter:Mine,lines,1", file=sys.stderr)
"""
WITH_HEADER = """import sys
column = next(sys.stdin).rstrip().split(",").index("count")
for line in sys.stdin:
    fields = line.split(",")
    print(fields[0], int(fields[column]), sep="\\t")
"""
SUMS = """import sys
from itertools import groupby
for key, lines in groupby(sys.stdin, key=lambda line: line.split("\\t")[0]):
    print(key, sum(int(line.split("\\t")[1]) for line in lines), sep="\\t")
    print("reporter:counter:Mine,keys,1", file=sys.stderr)
"""


@pytest.fixture
def script(folder) -> Callable[[str], str]:
    """Writes a script of Python and gives the command that runs it."""

    def write(code: str) -> str:
        (folder / "script.py").write_text(code)
        return f"'{sys.executable} script.py'"

    return write


def aside(task: str) -> list[list[bytes]]:
    return [line.split(b"\t", 2) for line in Path("out", "_skipped", task).read_bytes().split(b"\n")[:-1]]


def test_of_a_mapper_by_file_and_offset(run_job, script, folder):
    lines = [b"x%d" % n if n in (3, 4, 2500, 4999) else b"%d" % n for n in range(5000)]
    data = b"\n".join([*lines, b""])
    ran = run_job(f"-D fs.local.block.size=15000 -input i -mapper {script(INTEGERS)} -reducer NONE", skip_bad=3, i=data)
    assert ran.succeeded
    assert sorted(int(line.split(b"\t")[1]) for line in ran.lines) == [n for n in range(5000) if lines[n][:1] != b"x"]
    found = [row for task in sorted(os.listdir("out/_skipped")) for row in aside(task)]
    assert sorted(found, key=lambda row: int(row[1])) == [
        [os.fsencode(folder / "i"), b"%d" % data.index(bad), bad] for bad in (b"x3", b"x4", b"x2500", b"x4999")
    ]
    assert ran.counters["Map skipped records"] == 4
    assert (
        ran.counters["Map input records"] == ran.custom["Mine", "lines"] == 4996
    )  # what was only tried counts nothing


def test_of_a_reducer_by_key(run_job, script):
    rows = [(key, "x" if (key, n) in (("b", 7), ("d", 0)) else str(n)) for n in range(50) for key in "abcde"]
    data = "".join(f"{key}\t{value}\n" for key, value in rows).encode()
    ran = run_job(f"-input i -mapper cat -reducer {script(SUMS)}", skip_bad=2, i=data)
    assert ran.succeeded
    assert ran.lines == [b"a\t1225", b"c\t1225", b"e\t1225"]
    assert [line for *_, line in aside("reduce-000000")] == [
        f"{key}\t{value}".encode() for wanted in "bd" for key, value in rows if key == wanted
    ]
    assert ran.custom["Mine", "keys"] == 3
    assert [ran.counters[f"Reduce {what}"] for what in ("skipped groups", "skipped records", "input groups")] == [
        2,
        100,
        3,
    ]


def test_a_command_that_needs_its_first_line_still_gets_it(run_job, script):
    data = "name,count\n" + "".join(f"{n},{'many' if n in (20, 70) else n}\n" for n in range(100))
    ran = run_job(f"-input i -mapper {script(WITH_HEADER)} -reducer NONE", skip_bad=2, i=data.encode())
    assert ran.succeeded
    assert len(ran.lines) == 98
    assert [line for *_, line in aside("map-000000")] == [b"20,many", b"70,many"]


def test_no_more_than_allowed(run_job, script):
    ran = run_job(f"-input i -mapper {script(INTEGERS)} -reducer NONE", skip_bad=2, i=b"1\nx\ny\nz\n")
    assert not ran.succeeded
    assert "2 records are skipped already" in "\n".join(ran.said)
    assert ran.parts == {} and not os.path.exists("out/_skipped")


@pytest.mark.parametrize("mapper", ["'sh -c \"exit 3\"'", "'sh -c \"cat; exit 3\"'"])
def test_where_no_record_is_to_blame_the_task_fails_as_ever(run_job, mapper):
    ran = run_job(f"-input i -mapper {mapper}", skip_bad=100, i=b"1\n2\n")
    assert not ran.succeeded
    assert "subprocess failed with code 3" in ran.said[0] and "no single record is to blame" in ran.said[0]


def test_side_files_of_what_was_tried_are_dropped(run_job, script):
    code = "import os, sys\nopen(os.environ['mapreduce_task_output_dir'][5:] + '/side', 'a').write('ran')\n" + INTEGERS
    ran = run_job(f"-input i -mapper {script(code)} -reducer NONE", skip_bad=1, i=b"1\nx\n2\n")
    assert ran.succeeded
    assert Path("out/side").read_text() == "ran"


REFUSED = ["-inputreader StreamXmlRecordReader,begin=a,end=b", "-io typedbytes", "-inputformat AutoInputFormat"]


@pytest.mark.parametrize("options", [*REFUSED, ""])
def test_refused_where_records_cannot_be_told_apart_or_kept(shell, tmp_path, options):
    (tmp_path / "i").write_bytes(b"1\n")
    output = "-output out" if options else "--stdout"
    done = shell(f"st-run --skip-bad 1 -input i {output} -mapper cat {options}")
    assert done.returncode == 64 and done.stderr.startswith(b"st-run: --skip-bad: ")
    assert os.listdir(tmp_path) == ["i"]


blocks = st.lists(st.binary(max_size=6), max_size=8)


@given(blocks, st.lists(st.integers(0, 40), max_size=6, unique=True).map(sorted))
def test_what_is_left_out_does_not_depend_on_blocks(pieces, cuts):
    ranges = list(zip(cuts[::2], cuts[1::2], strict=False))
    data = b"".join(pieces)
    kept = bytes(byte for at, byte in enumerate(data) if not any(start <= at < end for start, end in ranges))
    assert b"".join(leave_out(pieces, ranges)) == kept


RECORDS = st.lists(st.sampled_from([b"a\n", b"bb\n", b"\n", b"a\tx\n"]), min_size=1, max_size=30)


def in_file(tmp_path_factory, records: list[bytes]) -> tuple[str, list[tuple[int, int]]]:
    """The path of a file with the records, and the range of each."""
    path = tmp_path_factory.mktemp("given") / "stdin"
    path.write_bytes(b"".join(records))
    ends = list(accumulate(map(len, records)))
    return str(path), list(zip([0, *ends], ends, strict=False))


@given(RECORDS, st.data())
def test_all_records_are_found_that_are_deadly_by_themselves(tmp_path_factory, records, data):
    path, ranges = in_file(tmp_path_factory, records)
    bad = sorted(data.draw(st.sets(st.sampled_from(range(len(records))), min_size=1, max_size=4)))
    bad = [number for number in bad if number + 1 not in bad]  # next to each other they are found one by one
    found: list[tuple[int, int]] = []

    def probe(start: int, end: int) -> int | None:
        return next((ranges[n][1] for n in bad if start <= ranges[n][0] < end and ranges[n] not in found), None)

    with RecordedInput(path, None) as given_lines:
        for one in find_bad_records(given_lines, probe, ranges[bad[0]][1]):
            found.append(one)
    assert found == [ranges[number] for number in bad]


@given(RECORDS, st.data())
def test_a_record_is_found_that_is_deadly_after_all_that_comes_before(tmp_path_factory, records, data):
    path, ranges = in_file(tmp_path_factory, records)
    bad = data.draw(st.integers(0, len(records) - 1))

    def probe(start: int, end: int) -> int | None:
        return end if start == 0 and end >= ranges[bad][1] else None

    with RecordedInput(path, None) as given_lines:
        assert next(find_bad_records(given_lines, probe, given_lines.size)) == ranges[bad]


@given(st.lists(st.tuples(st.sampled_from([b"a", b"b", b"cc"]), st.integers(1, 5)), min_size=1, max_size=12))
def test_groups_begin_where_the_key_changes(tmp_path_factory, runs):
    merged = [(key, count) for at, (key, count) in enumerate(runs) if not at or runs[at - 1][0] != key]
    text = [b"%b\t%d\n" % (key, number) for key, count in merged for number in range(count)]
    path = tmp_path_factory.mktemp("given") / "stdin"
    path.write_bytes(b"".join(text))
    starts, at = set(), 0
    for key, count in merged:
        starts.add(at)
        at += sum(len(b"%b\t%d\n" % (key, number)) for number in range(count))
    with RecordedInput(str(path), lambda line: line.split(b"\t")[0]) as found:
        assert {found.start(position) for position in range(found.size)} - {found.size} == starts


def test_a_signal_while_a_record_is_sought_leaves_nothing_behind(folder):
    (folder / "i").write_text("1\n2\nx\n3\n")
    (folder / "m.sh").write_text('while read line; do [ "$line" = x ] && exit 3; touch ran; sleep 0.2; done\n')
    work = Path(os.environ["TMPDIR"])
    words = ["--skip-bad", "1", "-input", "i", "-output", "out", "-mapper", "sh m.sh", "-reducer", "NONE"]
    with subprocess.Popen([BIN / "st-run", *words], stderr=subprocess.PIPE) as running:
        while not list(work.glob("*/again-*")):
            assert running.poll() is None
            time.sleep(0.005)
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=20) == 143
    assert list(work.iterdir()) == [] and os.listdir("out") == []
