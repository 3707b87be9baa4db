"""Jobs and steps run from Python: Job.run, Steps.run.

This tests streamtools.api.run, result and notebook, and launch.in_python, task_output and flow.in_program.
"""

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from streamtools import Job, steps
from streamtools.api.flow import Steps
from streamtools.api.job_file import load_file
from streamtools.errors import CannotCreateError, DataError, JobFailed, StreamtoolsError, UnavailableError, UsageError
from streamtools.files import try_lock

TEXT = "to be or not to be\nthat is the question\n"
COUNTS = [("be", 2), ("is", 1), ("not", 1), ("or", 1), ("question", 1), ("that", 1), ("the", 1), ("to", 2)]


def count_words() -> Job:
    job = Job(value=int)
    job.option("--least", type=int, default=1)

    @job.map
    def words(line):
        job.count("my", "lines")
        for word in line.split():
            yield word, 1

    @job.combine
    def add(word, counts):
        job.count("my", "combined")
        yield word, sum(counts)

    @job.reduce
    def total(word, counts):
        if (number := sum(counts)) >= job.options.least:
            yield word, number

    return job


@pytest.fixture
def work(folder):
    """Make an input, and return the directory for intermediate data, which has to be empty at the end."""
    (folder / "text.txt").write_text(TEXT)
    work = Path(os.environ["TMPDIR"])
    yield work
    assert list(work.iterdir()) == []


def test_a_result_has_pairs_lines_counters_and_paths(work):
    with count_words().run("text.txt") as result:
        assert list(result) == list(result) == result.pairs == COUNTS
        assert result.lines == [f"{word}\t{number}" for word, number in COUNTS]
        assert [Path(path).name for path in result.paths] == ["part-00000"]
        assert result.counters["my", "lines"] == 2 and result.counters["my", "combined"] == len(COUNTS)
        assert result.counters["my", "nothing"] == 0
        assert repr(result) == "<Result of test_run.py: pairs of str and int in 1 part file>"
        page = result._repr_html_()
        assert page.startswith("<iframe") and page.endswith("</iframe>") and "&lt;h2&gt;Counters" in page
        assert page.count("<") == 2


@pytest.mark.parametrize(
    "inputs, lines",
    [
        ("text.txt", 2),
        ("*.txt,a", 6),
        (Path("text.txt"), 2),
        ([Path("text.txt"), "a/b"], 3),
        (Path("a"), 3),
        (Path("odd{,}*[a].txt"), 1),
        ("t{ext,o}.txt", 2),
    ],
)
def test_inputs(work, folder, inputs, lines):
    (folder / "a").mkdir()
    (folder / "a/b").write_text("b\n")
    (folder / "a/c").write_text("c\nc\n")
    (folder / "odd{,}*[a].txt").write_text("odd\n")
    with count_words().run(inputs) as result:
        assert result.counters["my", "lines"] == lines


def test_part_files_go_with_the_result(work):
    result = count_words().run("text.txt")
    pairs = iter(result)
    path = result.paths[0]
    assert next(pairs) == COUNTS[0]
    del result
    assert next(pairs) == COUNTS[1] and os.path.exists(path)  # an iterator holds it
    assert list(pairs) == COUNTS[2:]
    assert not os.path.exists(path)


def test_a_task_that_drops_a_result_does_not_remove_it(work):
    kept = [count_words().run("text.txt")]
    job = count_words()

    @job.map
    def drop(line):
        kept.clear()
        yield line, 1

    with job.run("text.txt") as result:
        assert result.lines == ["that is the question\t1", "to be or not to be\t1"]
    assert kept[0].pairs == COUNTS
    kept.clear()


def test_an_output_appears_when_the_job_has_succeeded(work, folder):
    job = count_words()
    result = job.run("text.txt", "out/words", reduces=2, memory="64M", jobs=1)
    assert result.paths == ["out/words/part-00000", "out/words/part-00001"] and sorted(result) == COUNTS
    assert sorted(os.listdir("out/words")) == ["_SUCCESS", "part-00000", "part-00001"]
    with pytest.raises(CannotCreateError, match="out/words: already exists"):
        job.run("text.txt", "out/words")
    assert job.run("text.txt", Path("out/words"), overwrite=True, options={"least": 2}).pairs == [("be", 2), ("to", 2)]
    assert os.listdir("out") == ["words"] and job.options.least == 1
    with pytest.raises(StreamtoolsError, match="nowhere"):
        job.run("nowhere", "other")
    assert sorted(os.listdir()) == ["out", "text.txt"]


def test_what_a_killed_run_left_is_replaced_unless_another_runs(work, folder):
    (folder / "_out.new/_temporary").mkdir(parents=True)
    held = os.open("_out.new", os.O_RDONLY)
    assert try_lock(held)
    with pytest.raises(StreamtoolsError, match="another st-run is writing it"):
        count_words().run("text.txt", "out")
    os.close(held)
    assert count_words().run("text.txt", "out").pairs == COUNTS
    assert sorted(os.listdir()) == ["out", "text.txt"]


@pytest.mark.parametrize("codec", ["GzipCodec", "BZip2Codec"])
def test_compressed_part_files_are_read(work, codec):
    conf = {
        "mapreduce.output.fileoutputformat.compress": True,
        "mapreduce.output.fileoutputformat.compress.codec": f"org.apache.hadoop.io.compress.{codec}",
    }
    with count_words().run("text.txt", conf=conf) as result:
        assert result.pairs == COUNTS and not result.paths[0].endswith("00000")


def test_without_reducers_the_pairs_are_the_mappers(work):
    job = Job(key=(int, str), value=(float, bytes))

    @job.map
    def parse(line):
        yield (len(line), line[:2]), (0.5, b"\xff")

    with job.run("text.txt", reduces=0) as result:
        assert result.pairs == [((18, "to"), (0.5, b"\xff")), ((20, "th"), (0.5, b"\xff"))]
        assert repr(result).endswith("pairs of (int, str) and (float, bytes) in 1 part file>")


def test_what_is_not_of_the_types_names_the_place(work):
    from streamtools.reducers.picking import top

    job = Job(value=int, out=(int, int))
    job.map(lambda line: [(line, 1)])
    job.reduce_with(top, size=1)
    with job.run("text.txt") as result, pytest.raises(DataError, match=r"part-00000:1: the key .* Job\(out="):
        list(result)


@pytest.mark.parametrize(
    "arguments, said",
    [
        ({"options": {"most": 1}}, "options={'most': ...}: no such option; the job declares least"),
        ({"options": {"least": "x"}}, "--least x: invalid int"),
        ({"memory": "much"}, "run(memory='much'): invalid size"),
        ({"inputs": [1]}, "run(1): is not a path"),
        ({"inputs": []}, "-input"),
        ({"conf": {"mapreduce.job.reduces": "x"}}, "mapreduce.job.reduces"),
    ],
)
def test_mistakes_are_refused_before_any_work(work, arguments, said):
    with pytest.raises(StreamtoolsError) as caught:
        count_words().run(**{"inputs": "text.txt", **arguments})
    assert said in str(caught.value) and not isinstance(caught.value, JobFailed)


def failing(kind) -> Job:
    job = Job()

    def fail(line):
        raise ValueError(f"no {line[:2]}")

    @job.map
    def parse(line):
        if "question" in line:
            if kind == "error":
                fail(line)
            elif kind == "exit":
                sys.exit("enough")
            elif kind == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            elif kind == "pair":
                yield line
            elif kind == "interrupt":
                os.kill(os.getppid(), signal.SIGINT)
                signal.pause()
        yield line, ""

    return job


def test_a_failure_has_the_record_and_the_frames_of_the_user(work, capfd):
    with pytest.raises(JobFailed) as caught:
        failing("error").run("text.txt", "out")
    place, head, *frames, last = str(caught.value).split("\n")
    assert place == f"test_run.py map: {Path('text.txt').absolute()}:2: failed at 'that is the question'"
    assert head.startswith("Traceback") and last == "ValueError: no th"
    assert [frame.split(", in ")[1] for frame in frames if frame.startswith("  File")] == ["parse", "fail"]
    assert all(__file__ in frame for frame in frames if frame.startswith("  File"))
    assert capfd.readouterr() == ("", "") and os.listdir() == ["text.txt"]


@pytest.mark.parametrize(
    "kind, said",
    [("exit", "enough"), ("kill", "SIGKILL"), ("pair", "map: needs pairs of a key and a value")],
)
def test_other_failures(work, kind, said):
    with pytest.raises(JobFailed, match=said):
        failing(kind).run("text.txt")


def test_ctrl_c_leaves_nothing_behind(work):
    with pytest.raises(KeyboardInterrupt):
        failing("interrupt").run("text.txt", "out")
    assert os.listdir() == ["text.txt"]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_run_leaves_the_process_as_it_was(work):
    def state():
        signals = [signal.getsignal(number) for number in signal.valid_signals()]
        streams = sys.stdin, sys.stdout, sys.stderr, input
        return signals, signal.pthread_sigmask(signal.SIG_BLOCK, ()), streams, os.getcwd(), dict(os.environ)

    job = count_words()
    before = state()
    for _ in range(2):
        job.run("text.txt").close()
    with pytest.raises(JobFailed):
        failing("error").run("text.txt")
    assert state() == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@pytest.mark.slow  # a skip in a thread would not skip the test
def test_a_run_from_a_thread_beside_others(work):
    found = []
    waiting = threading.Event()
    others = [threading.Thread(target=waiting.wait) for _ in range(3)]
    runs = [threading.Thread(target=lambda: found.append(count_words().run("text.txt").pairs)) for _ in range(2)]
    for thread in [*others, *runs]:
        thread.start()
    for thread in runs:
        thread.join()
    waiting.set()
    assert found == [COUNTS, COUNTS]


def test_what_tasks_print_is_shown_once_with_one_warning(work, folder, capfd):
    (folder / "second.txt").write_text("second\n")
    job = Job()

    @job.map
    def show(line):
        print("seen", line)
        os.system("echo sub")
        with pytest.raises(EOFError):
            input("? ")
        yield line, ""

    with job.run(["text.txt", "second.txt"]) as result:
        assert len(result.pairs) == 3
    out, said = capfd.readouterr()
    assert out == "" and said.count("yield what belongs there") == 1 and said.count("sub\n") == 3
    assert sorted(line for line in said.split("\n") if line.startswith("seen")) == [
        "seen second", "seen that is the question", "seen to be or not to be",
    ]  # fmt: skip


def test_an_attempt_that_is_tried_again_is_told(work, folder, capsys):
    job = count_words()

    @job.map
    def fail_once(line):
        if not os.path.exists("failed"):
            Path("failed").touch()
            raise ValueError("the first time")
        yield line, 1

    with job.run("text.txt", conf={"mapreduce.map.maxattempts": 2}) as result:
        assert len(result.pairs) == 2
    assert "ValueError: the first time" in capsys.readouterr().err


def test_frames_need_their_library(work, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with count_words().run("text.txt") as result:
        for convert in (result.to_pandas, result.to_arrow):
            with pytest.raises(UnavailableError, match="missing Python library; pip install"):
                convert()


def test_columns_of_frames(work):
    job = Job(key=(str, int), value=float)
    job.map(lambda line: [((line[:2], len(line)), 0.5)])
    with job.run("text.txt") as result:
        assert result._columns() == {"key1": ["to", "th"], "key2": [18, 20], "value": [0.5, 0.5]}
        pandas = pytest.importorskip("pandas")
        pyarrow = pytest.importorskip("pyarrow")
        frame, table = result.to_pandas(), result.to_arrow()
        assert isinstance(frame, pandas.DataFrame) and list(frame.columns) == ["key1", "key2", "value"]
        assert isinstance(table, pyarrow.Table) and table.column("key2").to_pylist() == [18, 20]


def test_a_job_without_mapper_is_refused(work):
    with pytest.raises(UsageError, match="the job has no mapper"):
        Job().run("text.txt")


GRAPH = "A\tB,C\nB\tC\nC\tA\nD\tC\n"
RANKS = [("A", "1.490"), ("B", "0.783"), ("C", "1.577"), ("D", "0.150")]


def load_flow(name: str) -> Steps:
    flow = load_file(str(Path(__file__).parent / "jobs" / name))
    assert isinstance(flow, Steps)
    return flow


def test_steps_run_as_a_job_does(work, folder):
    (folder / "graph.tsv").write_text(GRAPH)
    flow = load_flow("pagerank.py")
    with flow.run("graph.tsv", progress=False) as result:
        assert result.pairs == RANKS and result.counters["pagerank", "changed"] > 0
        assert result._repr_html_().count("step rank, round") > 5
    result = flow.run("graph.tsv", "ranks", jobs=1, work_dir=work)
    assert result.pairs == RANKS and sorted(os.listdir()) == ["graph.tsv", "ranks", "text.txt"]
    with pytest.raises(StreamtoolsError, match="already exists"):
        flow.run("graph.tsv", "ranks")
    assert flow.run("graph.tsv", "ranks", overwrite=True).pairs == RANKS


def test_options_of_steps(work):
    flow = load_flow("most_used.py")
    with flow.run("text.txt", options={"most": 2}) as result:
        assert result.pairs == [("be", 2), ("to", 2)]
    with flow.run("text.txt", conf={"mapreduce.job.reduces": 1}) as result:
        assert result.pairs == [("be", 2)]
    with pytest.raises(UsageError, match="no job declares it"):
        flow.run("text.txt", options={"least": 2})


def test_steps_that_fail_leave_nothing_behind(work):
    flow = steps(count_words(), failing("error"))
    with pytest.raises(JobFailed, match="ValueError: no qu"):
        flow.run("text.txt", "out")
    with pytest.raises(KeyboardInterrupt):
        steps(count_words(), failing("interrupt")).run("text.txt", "out")
    assert os.listdir() == ["text.txt"]
