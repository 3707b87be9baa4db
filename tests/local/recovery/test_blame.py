"""What a message says of the record on which a task failed: file, member, line, byte and text; key and value."""

import gzip
import sys
from pathlib import Path

import pytest
from encoded_files import py7zr_archive

from streamtools.job import build_job, parse
from streamtools.local.input.splits import find_splits
from streamtools.local.recovery.blame import show
from streamtools.local.recovery.probing import feeds_lines, reads_lines
from streamtools.local.recovery.record_place import RecordPlace, find_place

PICK = "-mapper 'st-map fields --key 2' -reducer NONE"
INTEGERS = "import sys\nfor line in sys.stdin:\n    print(int(line.split()[0]), 1, sep='\\t')\n"
TOTALS = """import sys
for line in sys.stdin:
    key, value = line.split('\\t')
    print(key, int(value), sep='\\t')
"""


@pytest.fixture
def script(folder):
    """Writes a script of Python and gives the command that runs it."""

    def write(code: str) -> str:
        (folder / "script.py").write_text(code)
        return f"'{sys.executable} script.py'"

    return write


def text_of(ran) -> str:
    return "\n".join(ran.said)


def test_a_stage_of_ours_names_line_and_byte_of_a_later_split(run_job, folder):
    lines = [b"alone" if number == 900 else b"a\tb" for number in range(1000)]
    data = b"\r\n".join([*lines, b""])
    ran = run_job(f"-D fs.local.block.size=2000 -input i {PICK}", i=data)
    assert f"{folder}/i: line 901: line has 1 field, field 2 is required" in text_of(ran)
    assert f"it failed on byte {data.index(b'alone'):,}: 'alone'" in text_of(ran)


MEMBERS = {"a.log": b"x\ty\n" * 5 + b"no end\ty", "logs/README.txt": b"one\n" + b"x\ty\n" * 3, "z": b"x\ty\n"}


@pytest.mark.parametrize("block", [1 << 20, 10])  # a task that decodes; tasks that share a decoder
def test_the_member_of_an_archive_and_its_line_are_named(run_job, folder, block):
    archive = py7zr_archive(folder / "solid.7z", MEMBERS)
    ran = run_job(f"-D fs.local.block.size={block} -input solid.7z {PICK}")
    assert f"failed: {archive}: logs/README.txt: line 1: line has 1 field, field 2 is required; " in text_of(ran)
    assert "it failed on byte 0: 'one'" in text_of(ran)


def test_a_record_of_chosen_members_is_found_among_those(run_job, folder):
    archive = py7zr_archive(folder / "x.7z", MEMBERS)
    ran = run_job(f"-D streamtools.input.member=logs/* -input {archive} -mapper 'st-map fields -k 2'")
    assert f"failed: {archive}: logs/README.txt: line 1: line has 1 field, field 2 is required; " in text_of(ran)


@pytest.mark.parametrize("packed", [False, True])
def test_the_record_of_an_exception_is_found_by_running_the_script_again(run_job, script, folder, packed):
    data = b"".join(b"%d\n" % number if number != 2345 else b"oops here\n" for number in range(4000))
    given = gzip.compress(data) if packed else data
    name = "i.gz" if packed else "i"
    ran = run_job(f"-input {name} -mapper {script(INTEGERS)} -reducer NONE", **{name: given})
    assert f"it failed on {folder}/{name}: line 2,346: byte {data.index(b'oops'):,}: 'oops here'" in text_of(ran)


def test_a_script_that_always_fails_has_no_record_to_blame(run_job, script):
    ran = run_job(f"-input i -mapper {script('import sys; sys.exit(3)')} -reducer NONE", i=b"a\nb\n")
    assert "code 3" in text_of(ran) and "it failed on" not in text_of(ran)


def test_key_and_value_of_a_value_that_is_not_a_number(run_job):
    ran = run_job("-input i -mapper cat -reducer 'st-reduce sum'", i=b"a\t1\nb\t2\nb\tdebug: 3\nc\t4\n")
    assert "reduce task 0 failed: 'debug: 3' of key 'b' is not a number (" in text_of(ran)
    assert "does the mapper print something else?" in text_of(ran)


def test_key_and_value_in_a_combiner(run_job):
    ran = run_job("-input i -mapper cat -combiner st-combine -reducer st-reduce", i=b"a\t1\nb\tx\n")
    assert "failed: 'x' of key 'b' is not a number (" in text_of(ran)


def test_the_key_on_which_a_reducer_of_ones_own_dies(run_job, script):
    ran = run_job(f"-input i -mapper cat -reducer {script(TOTALS)}", i=b"a\t1\nb\t2\nb\tx\nc\t4\n")
    assert "it failed on key 'b', its first value '2'" in text_of(ran) or "first value 'x'" in text_of(ran)


def test_damage_of_an_archive_is_told_and_not_what_comes_of_it(run_job, folder):
    """The bytes of a member are wrong: its checksum comes after the line that a mapper cannot use."""
    import py7zr

    content = b"x\ty\n" * 1000
    archive = py7zr_archive(folder / "i.7z", {"m": content}, filters=[{"id": py7zr.FILTER_COPY}])
    data = archive.read_bytes()
    at = data.index(content)
    archive.write_bytes(data[: at + 401] + b"_" + data[at + 402 :])
    ran = run_job(f"-input i.7z {PICK}")
    assert f"failed: {archive}: m: wrong checksum" in text_of(ran)
    assert "field 2 is required" not in text_of(ran)


def test_equal_failures_of_several_tasks_are_told_once(run_job):
    ran = run_job(f"-D fs.local.block.size=4 -input i {PICK}", i=b"a1\n" * 8)
    assert text_of(ran).count("field 2 is required") == 1
    assert "is one in 6 tasks: " in text_of(ran)


def test_the_traceback_of_equal_failures_is_shown_once(run_job, script, capfd):
    options = "-D fs.local.block.size=4 -D mapreduce.job.reduces=0"
    ran = run_job(f"{options} -input i -mapper {script('raise ValueError')}", jobs=1, i=b"aaa\n" * 6)
    assert capfd.readouterr().err.count("Traceback") == 1 and "last words" not in text_of(ran)
    assert "is one in 6 tasks: " in text_of(ran)


def place_of(folder: Path, name: str, number: int, *options: str) -> RecordPlace:
    job = build_job(parse([*options, "-input", name, "-output", "out", "-mapper", "cat"]))
    (split,) = find_splits(job).splits
    return find_place(job, split, number)


PLACES = [  # content of a file, number of the record, its line and byte
    (b"a\nb\nc\n", 2, 3, 4),
    (b"a\r\nb\rc\n", 2, 3, 5),
    (b"\xef\xbb\xbfa\nb\n", 1, 2, 5),
    (b"\n\nend", 2, 3, 2),
]


@pytest.mark.parametrize("name", ["i", "i.gz"])
@pytest.mark.parametrize(("data", "number", "line", "offset"), PLACES)
def test_line_and_byte(folder, name, data, number, line, offset):
    (folder / name).write_bytes(gzip.compress(data) if name == "i.gz" else data)
    assert place_of(folder, name, number) == RecordPlace(str(folder / name), "", line, offset)


def test_records_that_are_not_lines_have_a_byte_only(folder):
    (folder / "i").write_bytes(b"a;b;c")
    options = ["-D", "textinputformat.record.delimiter=;"]
    place = place_of(folder, "i", 2, *options)
    assert str(place) == f"{folder}/i: byte 4"
    job = build_job(parse([*options, "-input", "i", "-output", "out", "-mapper", "cat"]))
    assert not reads_lines(job) and feeds_lines(job)


def test_a_long_record_is_shortened():
    assert show(b"\xffa\n" + b"b" * 300) == repr("\\xffa\n" + "b" * 197) + "..."
