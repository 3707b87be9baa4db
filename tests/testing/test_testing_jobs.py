"""streamtools.testing.run: a job over a small input has the results of st-run (testing/jobs, runner, tasks, result)."""

import doctest
import gc
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest
from flows import GRAPH, RANKS
from hypothesis import given
from hypothesis import strategies as st
from jobs_of_functions import INPUTS, JOBS, load

import streamtools.testing.jobs
from streamtools import Job, step, steps
from streamtools.api.in_process import make_stage
from streamtools.api.job_file import load_file
from streamtools.errors import DataError, UsageError
from streamtools.job import build_job, parse
from streamtools.local import Settings
from streamtools.local import run as run_locally
from streamtools.testing import JobFailed, run

TEXT = "to be or not to be\nthat is the question\n"
NAME_OF_JOB = "mapreduce_job_name"  # a variable of tasks
TEXT = "to be or not to be\nthat is the question\n"
ONE_MAP = {"mapreduce.job.maps": 1}
LINES = st.text(st.characters(blacklist_characters="\n\r", blacklist_categories=["Cs"]))


def count_words() -> Job:
    job = Job(value=int)
    job.map(lambda line: [(word, 1) for word in line.split()])
    job.reduce(combine=True)(lambda word, counts: [(word, sum(counts))])
    return job


@pytest.mark.parametrize("name", INPUTS)
def test_the_results_are_those_of_st_run(name, folder):
    """With the same numbers of tasks and the same order of values: all bytes, and all counters."""
    job = load(name)
    mine = run(job, INPUTS[name], seed=5)
    for file, text in INPUTS[name].items():
        Path(file).write_bytes(text)
    words = [*job.command_line(), "-input", *INPUTS[name], "-output", "out"]
    least_reduces = 1 if name == "unique_users" else 2
    settings = Settings(shuffle_values=5, builtin=lambda words, _path, reporter: make_stage(job, words[2], reporter))
    outcome = run_locally(build_job(parse(words), least_tasks=(2, least_reduces)), settings, lambda parts: None)
    assert outcome.succeeded
    lines = (
        b"".join(Path(part).read_bytes() for part in outcome.parts).decode(errors="surrogateescape").split("\n")[:-1]
    )
    assert (mine.lines, mine.counters) == (lines, outcome.counters)


@pytest.mark.parametrize(
    "inputs",
    [
        "a b\nb c\n",
        "a b\nb c",
        b"a b\nb c\n",
        ["a b", "b c"],
        [b"a b\n", "b c\n"],
        pytest.param(iter(["a b\n", "b c"]), id="an iterator"),
        {"one": "a b\n", "two": ["b c"]},
        {"one.tsv": b"a b\n", "two": "b c\n"},
    ],
    ids=str,
)
def test_inputs(inputs):
    result = run(count_words(), inputs)
    assert dict(result.pairs) == {"a": 1, "b": 2, "c": 1}
    assert sorted(result.lines) == ["a\t1", "b\t2", "c\t1"]


def test_inputs_may_be_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("one", "t[w]o", "three.log"):
        Path(name).write_text("a b\n")
    counts = {path: dict(run(count_words(), path).pairs) for path in (Path("one"), Path("t[w]o"), Path("t*"))}
    assert counts == {Path("one"): {"a": 1, "b": 1}, Path("t[w]o"): {"a": 1, "b": 1}, Path("t*"): {"a": 2, "b": 2}}
    assert (
        run(count_words(), [Path("one"), tmp_path / "three.log"]).counters["Map-Reduce Framework", "Map input records"]
        == 2
    )
    assert dict(run(count_words(), {"other": Path("one"), "more": "b\n"}).pairs) == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    "inputs, problem",
    [
        (7, "7 is neither text"),
        ([1], "1 is not a line"),
        (["a", Path("b")], "is not a line"),
        (["a\nb"], "holds a line end"),
        ({"a/b": "x"}, "is not the name of a file"),
        ({"../a": "x"}, "is not the name of a file"),
        ({"_a": "x"}, "is hidden from jobs"),
    ],
    ids=str,
)
def test_inputs_that_cannot_be(inputs, problem):
    with pytest.raises(UsageError, match=problem):
        run(count_words(), inputs)


@given(st.lists(LINES), st.integers(1, 4), st.integers(1, 4))
def test_words_are_counted_whatever_the_text_and_the_tasks(lines, maps, reduces):
    expected = Counter(word for line in lines for word in line.split())
    assert dict(run(count_words(), lines, conf={"mapreduce.job.maps": maps}, reduces=reduces).pairs) == expected


def test_what_is_no_job():
    with pytest.raises(UsageError, match="is neither a Job nor steps"):
        run(count_words, "a")


def test_all_bytes_come_back():
    job = Job(line=bytes, key=bytes, value=bytes)
    job.map(lambda line: [(line, b"\xff")])
    result = run(job, [b"\x00\xfe\x0b", "é"])
    assert sorted(result.pairs) == [(b"\x00\xfe\x0b", b"\xff"), ("é".encode(), b"\xff")]
    assert [line.encode("utf-8", "surrogateescape") for line in result.lines] == [b"\t".join(p) for p in result.pairs]


def test_pairs_have_the_types_of_the_output():
    job = Job(key=(str, int), group=1, out=(str, json))
    job.map(lambda line: [((line[0], int(line[1])), line[2])])
    job.reduce(lambda key, values: [(key, list(values))])
    assert run(job, ["b1x", "a2y", "a1z"], reduces=1).pairs == [("a", [[1, "z"], [2, "y"]]), ("b", [[1, "x"]])]


def test_an_output_of_other_types_is_named():
    from streamtools.reducers.moments import mean

    job = Job(value=int)
    job.map(lambda line: [(line, 1), (line, 2)])
    job.reduce_with(mean)
    result = run(job, "a\n")
    assert result.lines == ["a\t1.5"]
    with pytest.raises(DataError, match=r"part-0000\d:1: the value '1.5' is not an int.*Job\(out="):
        print(result.pairs)


def test_two_maps_and_two_reduces_unless_the_answer_depends_on_them():
    each, whole, none = count_words(), Job(value=int), Job()
    whole.map(lambda line: [(word, 1) for word in line.split()])
    whole.reduce_task(lambda groups: [("keys", sum(1 for key, values in groups))])
    none.map(lambda line: [(line, "")])

    def tasks(job, **options):
        counters = run(job, TEXT, **options).counters
        return counters["Map-Reduce Framework", "Shuffled Maps "]

    assert (tasks(each), tasks(whole), tasks(none)) == (4, 2, 0)
    assert (tasks(each, reduces=1), tasks(whole, reduces=3), tasks(each, conf=ONE_MAP)) == (2, 6, 2)
    assert run(whole, TEXT).pairs == [("keys", 8)]


def test_the_values_of_a_key_come_in_the_order_of_the_seed(capsys):
    job = Job(value=int, out=(str, json))
    job.map(lambda line: [("a", int(line))])
    job.reduce(lambda key, values: [(key, list(values))])
    numbers = list(map(str, range(20)))
    orders = {tuple(run(job, numbers, seed=seed).pairs[0][1]) for seed in (1, 1, 2)}
    assert len(orders) == 2 and {tuple(sorted(order)) for order in orders} == {tuple(range(20))}
    result = run(job, numbers)
    assert run(job, numbers, seed=result.seed).pairs == result.pairs and f"seed={result.seed}" in repr(result)
    assert f"seed={result.seed}" in capsys.readouterr().err  # which pytest shows of a test that fails


def test_a_combiner_that_changes_the_result():
    job = Job(value=float)
    job.map(lambda line: [(word, 2.0) for word in line.split()])
    job.reduce(combine=True)(lambda word, counts: [(word, float(len(list(counts))))])
    with pytest.raises(AssertionError, match=r"key 'to': 'to\\t1.0' with the combiner, 'to\\t2.0' without") as raised:
        run(job, "to be to\n", seed=3)
    assert "seed=3" in raised.value.__notes__[0]


def test_a_combiner_may_change_the_last_digits_of_a_sum():
    job = Job(value=float)
    job.map(lambda line: [("sum", float(line))])
    job.reduce(combine=True)(lambda word, counts: [(word, sum(counts))])
    run(job, ["0.1", "0.2", "0.3", "0.4", "1e16", "-1e16"][:4] * 5, seed=1)


def test_options_files_and_counters(capsys):
    job = Job()
    job.option("--least", type=int, default=1)
    job.file("stop.txt")

    @job.map
    def words(line):
        stop = Path(job.file("stop.txt")).read_text().split()
        job.count("words", "lines")
        print("seen", line)
        for word in line.split():
            if word not in stop and len(word) >= job.options.least:
                yield word, os.environ.get(NAME_OF_JOB)

    result = run(
        job, ["to be", "or not"], options={"least": 3}, conf={"mapreduce.job.name": "me"}, files={"stop.txt": "or\n"}
    )
    assert result.pairs == [("not", "me")]
    assert result.counters["words", "lines"] == 2 and result.counters["words", "nothing"] == 0
    assert result.stderr.count("seen") == 2 and "print goes to stderr" in result.stderr
    assert result.stderr in capsys.readouterr().err  # which pytest shows of a test that fails
    assert job.options.least == 1 and job.options.texts() == [] and job.files == ["stop.txt"]


def test_options_of_jobs_and_flows():
    first, second = Job(), Job()
    for job in (first, second):
        job.option("--loud", type=bool)
        job.map(lambda line, job=job: [(f"{line.strip()} {job.options.loud} {job.options.texts()}", "")])
    second.option("--least", type=int, default=1)
    assert run(first, "a", options={"loud": True}).pairs == [("a True ['--loud']", "")]
    assert run(first, "a", options={"loud": False}).pairs == [("a False []", "")]
    ((text, _),) = run(steps(first, second), "a", options={"loud": True, "least": "3"}).pairs
    assert text == "a True ['--loud'] True ['--loud', '--least=3']" and second.options.least == 1
    with pytest.raises(UsageError, match="no such option; the job declares loud"):
        run(steps(first, second), "a", options={"most": 3})


def test_a_file_is_found_beside_the_script_and_others_are_not(tmp_path, monkeypatch):
    (tmp_path / "job.py").write_text(
        "from pathlib import Path\nfrom streamtools import Job\njob = Job()\njob.file('sites.txt')\n"
        "@job.map\ndef m(line): yield line, Path('sites.txt').read_text()\n"
        "if __name__ == '__main__':\n    job.main()\n"
    )
    (tmp_path / "sites.txt").write_text("news")
    (tmp_path / "other").write_text("")
    job = load_file(str(tmp_path / "job.py"))
    assert run(job, "a\n").pairs == [("a", "news")]
    assert run(job, "a\n", files={"sites.txt": "own"}).pairs == [("a", "own")]
    monkeypatch.chdir(tmp_path)
    other = Job()
    other.map(lambda line: [(line, Path("other").read_text())])
    with pytest.raises(FileNotFoundError):
        run(other, "a\n")


def test_nothing_is_left_and_the_process_is_as_before(folder):
    before = os.getcwd(), dict(os.environ), gc.get_threshold()
    failing = Job()
    failing.map(lambda line: 1 / 0)
    run(count_words(), TEXT)
    with pytest.raises(ZeroDivisionError):
        run(failing, TEXT)
    assert (os.getcwd(), dict(os.environ), gc.get_threshold()) == before
    assert os.listdir(tempfile.gettempdir()) == os.listdir(folder) == []


def test_an_exception_is_the_functions_own():
    job = Job(value=int)

    def length(line):
        return 1 // len(line)

    @job.map
    def words(line):
        yield line, length(line)

    with pytest.raises(ZeroDivisionError) as raised:
        run(job, {"log.txt": "a\n\n"}, conf=ONE_MAP)
    trace = [entry.name for entry in raised.traceback]
    assert trace == [test_an_exception_is_the_functions_own.__name__, "run", "attempt", "words", "length"]
    assert raised.value.__notes__[0] == "test_testing_jobs.py map: log.txt:2: failed at ''"
    assert raised.value.__cause__ is None and raised.value.__context__ is None


@pytest.mark.parametrize(
    "function, said",
    [
        (lambda line: [(line, "x")], "map: the value 'x' is not an int"),
        (lambda line: None, "returned something that is not iterable"),
        (lambda line: exit(3), "the mapper exits with status 3"),
        (lambda line: exit("enough"), "enough"),
        (lambda line: [(line + "\t", 1)], "holds a TAB"),
    ],
)
def test_other_failures(function, said):
    job = Job(value=int)
    job.map(function)
    with pytest.raises(JobFailed, match=said):
        run(job, "a\n")


def test_a_record_that_does_not_parse_is_named():
    job = Job(line=(str, int), value=int)
    job.map(lambda row: [row])
    with pytest.raises(JobFailed, match=r"log.tsv:2: the line has 1 field instead of \(str, int\)"):
        run(job, {"log.tsv": "a\t1\nb\n"}, conf=ONE_MAP)


def test_flows():
    most = load_file(str(JOBS / "most_used.py"))
    assert run(most, TEXT).pairs == [("be", 2)]
    assert run(most, TEXT, options={"most": 2}).pairs == [("be", 2), ("to", 2)]
    ranks = run(load_file(str(JOBS / "pagerank.py")), GRAPH)
    assert sorted(ranks.lines) == sorted(RANKS.splitlines())
    assert ranks.counters["pagerank", "changed"] > 0


def test_a_step_reads_files_of_another():
    first, last = Job(value=int), Job()
    first.map(lambda line: [("lines", 1)])
    first.reduce(combine=True)(lambda key, values: [(key, sum(values))])
    last.map(lambda line: [(line, Path("counts/part-00000").read_text().strip())])
    flow = steps(first, step(last, inputs=["text"], files={"counts": first}))
    assert run(flow, ["a", "b"], files={"text": "x\n"}).pairs == [("x", "lines\t2")]


def test_a_combiner_of_a_step_is_compared():
    first, last = Job(value=int), Job()
    first.map(lambda line: [(line, 5)])
    first.reduce(combine=True)(lambda key, values: [(key, len(list(values)))])
    last.map(lambda line: [(line, "")])
    last.reduce(lambda key, values: [(key, "")])
    with pytest.raises(AssertionError, match="with the combiner"):
        run(steps(first, last), ["a", "a", "b"])


SHOWN = """
from streamtools import Job
from streamtools.testing import run

job = Job(value=int)

@job.map
def words(line):
    print("I saw", line)
    yield line, 1 // len(line)

def test_words():
    assert run(job, "a").pairs == []

def test_nothing():
    run(job, [""], seed=7)
"""


def test_what_pytest_shows(tmp_path):
    """The seed, what the functions have printed, and of the traceback the user's lines only."""
    (tmp_path / "test_job.py").write_text(SHOWN)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", os.devnull, "test_job.py"]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
    assert "[('a', 1)] == []" in shown and "I saw a\n" in shown
    assert re.search(r"^streamtools.testing: values shuffled with seed=\d+$", shown, re.MULTILINE)
    assert "E       test_job.py map: input:1: failed at ''\n" in shown
    assert "E       streamtools.testing: values shuffled with seed=7\n" in shown
    places = re.findall(r"^(\S+):(\d+): ", shown, re.MULTILINE)
    assert places == [("test_job.py", "13"), ("test_job.py", "16"), ("test_job.py", "10")], shown


def test_the_docstrings_examples_run():
    done = doctest.testmod(streamtools.testing.jobs)
    assert done.attempted >= 3 and done.failed == 0


def test_a_word_count_takes_milliseconds():
    job = count_words()
    run(job, TEXT)
    start = time.process_time()
    for _ in range(10):
        run(job, TEXT)
    assert (time.process_time() - start) / 10 < 0.1  # 8 ms; the bound is for a machine that does much else


def test_to_import_it_is_cheap():
    code = "import sys, streamtools.testing; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"click", "pytest", "unittest", "rich", "smart_open", "py7zr", "json", "streamtools.launch"}
    assert sorted(heavy & set(loaded)) == []


def test_counters_are_a_counter():
    assert isinstance(run(count_words(), TEXT).counters, Counter)
