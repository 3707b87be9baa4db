"""st-run as it is called: where its own options may stand, what goes where, exit statuses, and what is left behind."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from streamtools.job import build_job, parse
from streamtools.local.input.input_files import input_files

ST_RUN = str(Path(__file__).resolve().parents[2] / "bin" / "st-run")


def st_run(*words: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ST_RUN, *words], capture_output=True, text=True, timeout=60, **options)


@pytest.fixture
def data(folder):
    (folder / "in").write_text("b\na\n")
    (folder / "scratch").mkdir()
    return folder


STATUSES = [  # words, status, part of stderr
    ("", 1, "No Arguments Given!"),
    ("-input in -mapper cat", 1, "Required argument: -output \n"),
    ("-input in -output out -mapper cat -nosuch", 1, "Unrecognized option: -nosuch"),
    ("-input nosuch -output out -mapper cat", 5, "Input path does not exist: file:"),
    ("-input in -output scratch -mapper cat", 5, "scratch already exists"),
    ("-input in -output in/out -mapper cat", 5, "Mkdirs failed"),
    ("-input in -output out -mapper false", 1, "Job not successful!"),
    ("-input in -output out -mapper nosuch", 1, "Job not successful!"),
]


@pytest.mark.parametrize("words, status, told", STATUSES)
def test_a_failure_ends_with_the_clients_status_and_last_line(data, words, status, told):
    done = st_run(*words.split())
    assert (done.returncode, done.stderr.split("\n")[-2]) == (status, "Streaming Command Failed!")
    assert told.strip() in done.stderr and "Traceback" not in done.stderr


def test_success(data):
    done = st_run(*["-input", "in", "-output", "deep/out", "-mapper", "cat"])
    assert done.returncode == 0 and done.stdout == ""
    assert "\tMap-Reduce Framework\n\t\tMap input records=2\n" in done.stderr
    assert done.stderr.endswith("Output directory: deep/out\n")
    assert sorted(os.listdir("deep/out")) == ["_SUCCESS", "part-00000"]


@pytest.mark.parametrize("place", [0, 2, 5])
def test_own_options_stand_anywhere(data, place):
    words = ["-input", "in", "in", "-mapper", "cat"]
    words[place:place] = ["--stdout", "--jobs", "1", "--quiet"]
    done = st_run(*words)
    assert (done.returncode, done.stdout, done.stderr) == (0, "a\t\na\t\nb\t\nb\t\n", "")


def test_output_minus_is_stdout(data):
    assert st_run(*["-input", "in", "-output", "-", "-mapper", "cat", "-reducer", "NONE"]).stdout == "b\t\na\t\n"


def test_values_may_be_shuffled_but_stay_with_their_keys(data):
    rows = [(key, str(value)) for value in range(40) for key in "ab"]
    (data / "in").write_text("".join(f"{key}\t{value}\n" for key, value in rows))
    words = ["-input", "in", "in", "-mapper", "cat", "--stdout", "--quiet"]
    plain, shuffled, again = (
        st_run(*words, *more.split()).stdout for more in ("", "--shuffle-values 1", "--shuffle-values 1")
    )
    assert plain == "".join(f"{key}\t{value}\n" for key in "ab" for _ in "12" for value in range(40))
    assert shuffled == again != plain
    assert sorted(shuffled.split("\n")) == sorted(plain.split("\n"))
    assert [line[0] for line in shuffled.split()[::2]] == ["a"] * 80 + ["b"] * 80


def test_the_report_tells_of_every_task(data):
    assert (
        st_run(
            *["-input", "in", "-output", "out", "-mapper", "cat", "-reducer", "false", "--report", "r.html"]
        ).returncode
        == 1
    )
    page = (data / "r.html").read_text()
    assert "map task 0" in page and "reduce task 0" in page and "subprocess failed with code 1" in page


def test_dry_run_prints_the_command_of_hadoop(data):
    done = st_run(*["--on", "hadoop", "--dry-run", "-input", "in", "-output", "out", "-mapper"], "tr a b")
    assert done.stdout == "hadoop jar hadoop-streaming.jar -input in -output out -mapper 'tr a b'\n"


def test_dry_run_here_prints_the_tasks(data):
    done = st_run(*["--dry-run", "-input", "in", "-output", "out", "-mapper", "cat", "-reducer", "wc"])
    assert done.stdout == f"map task 0: {data}/in, bytes 0 to 4: cat\nreduce task 0: wc\n"
    assert not os.path.exists("out")


def test_dry_run_here_tells_the_combiner_too(data):
    done = st_run(*["--dry-run", "--stdout", "-input", "in", "-mapper", "cat", "-combiner", "uniq", "-reducer", "wc"])
    assert done.stdout == f"map task 0: {data}/in, bytes 0 to 4: cat, combined by: uniq\nreduce task 0: wc\n"


WRONG = [  # options beside a good job, status, what is told
    ("--stdout -output out", 64, "--stdout: the results go to -output out already"),
    ("-output out --report nosuch/r.html", 73, "--report nosuch/r.html: there is no directory nosuch"),
    ("-output out --report scratch", 73, "--report scratch: is a directory"),
    ("-output out --report in/r.html", 73, "--report in/r.html: in is not a directory"),
    ("-output out --work-dir in", 73, "--work-dir in: in is not a directory"),
    ("-output out --work-dir in/deeper", 73, "--work-dir in/deeper: there is no directory in/deeper"),
    ("--stdout --work-dir /proc/nosuch", 73, "--work-dir /proc/nosuch: there is no directory"),
]


@pytest.mark.parametrize("words, status, told", WRONG)
def test_what_cannot_be_is_told_before_anything_runs(data, words, status, told):
    done = st_run(*["-input", "in", "-mapper", "sh -c 'touch ran'"], *words.split())
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith(f"st-run: {told}; ") or done.stderr.startswith(f"st-run: {told} ")
    assert done.stderr.count("\n") == 1
    assert sorted(os.listdir(data)) == ["in", "scratch"]


def test_stdout_beside_output_minus_is_what_it_says(data):
    assert st_run(*["--stdout", "-input", "in", "-output", "-", "-mapper", "cat"]).stdout == "a\t\nb\t\n"


def test_a_work_directory_is_made(data):
    assert st_run(*["-input", "in", "-output", "out", "-mapper", "cat", "--work-dir", "a/b"]).returncode == 0
    assert os.listdir("a/b") == []


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help(data, word):
    done = st_run(word)
    assert done.returncode == 0 and done.stdout.startswith("Usage: st-run ") and "-numReduceTasks" in done.stdout


BRACES = [  # pattern, files
    ("{a,b}", ["a", "b"]),
    (r"\{a\,b\}", ["{a,b}"]),
    (r"\{x{1,2}", ["{x1", "{x2"]),
    (r"{\{x,\{y}1", ["{x1", "{y1"]),
]


@pytest.mark.parametrize("pattern, names", BRACES)
def test_escaped_braces_of_a_pattern_are_braces(data, pattern, names):
    os.rename("in", "elsewhere")
    os.mkdir("in")
    for name in ("a", "b", "{a,b}", "{x1", "{x2", "{y1", "c"):
        (data / "in" / name).write_text(f"{name}\n")
    found = input_files(build_job(parse(["-input", f"in/{pattern}", "-output", "out", "-mapper", "cat"])))
    assert [os.path.basename(path) for path in found] == names


def test_typed_bytes_go_into_a_file_and_come_back(data):
    pairs = b"".join(b"\x04" + n.to_bytes(8, "big") + b"\x07\0\0\0\x01x" for n in range(100))
    subprocess.run([ST_RUN, "loadtb", "out.seq"], input=pairs, check=True)
    assert subprocess.run([ST_RUN, "dumptb", "*.seq"], capture_output=True, check=True).stdout == pairs


def test_text_is_dumped_with_offsets(data):
    dumped = subprocess.run([ST_RUN, "DumpTB", "in"], capture_output=True, check=True).stdout
    assert dumped == b"\x04" + bytes(8) + b"\x07\0\0\0\x01b\x04" + (2).to_bytes(8, "big") + b"\x07\0\0\0\x01a"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_nothing_behind(data, number):
    words = ["-files", "in#link", "-input", "in", "-output", "out", "--work-dir", "scratch", "-mapper"]
    with subprocess.Popen([ST_RUN, *words, "sh -c 'touch started; sleep 300'"], stderr=subprocess.PIPE) as running:
        while not os.path.exists("started"):
            assert running.poll() is None
            time.sleep(0.01)
        running.send_signal(number)
        told = running.communicate(timeout=20)[1].decode()
    assert running.returncode == 128 + number and "Traceback" not in told
    assert os.listdir("scratch") == [] and os.listdir("out") == [] and not os.path.lexists("link")


def test_in_the_background_the_status_is_that_of_the_submission(data):
    assert st_run(*["-input", "in", "-output", "out", "-mapper", "false", "-background"]).returncode == 0


def test_few_descriptors(shell, tmp_path):
    """40 maps, and maps that spill often: a merge has more segments than files can be open."""
    for number in range(40):
        (tmp_path / f"{number}.tsv").write_bytes(b"".join(b"%d\t%d\n" % (line % 97, number) for line in range(50)))
    (tmp_path / "big").write_bytes(b"".join(b"%d\tsome words\n" % (line * 7919 % 60_000) for line in range(60_000)))
    limits = "ulimit -n 20; st-run --quiet --stdout --jobs 2"
    done = shell(f"{limits} -input '*.tsv' -mapper cat -reducer cat")
    assert (done.returncode, done.stdout.count(b"\n")) == (0, 2000), done.stderr
    done = shell(f"{limits} --memory 2M -input big -mapper cat -reducer cat")
    assert (done.returncode, done.stdout.count(b"\n")) == (0, 60_000), done.stderr
