"""Jobs of several steps in one file: names, what each reads, and the same results however they are run."""

import subprocess
import sys
from pathlib import Path

import pytest
from flows import GRAPH, RANKS
from places import BIN

from streamtools import Job, repeat, step, steps
from streamtools.errors import UsageError
from streamtools.launch.flow.counted import Counted
from streamtools.launch.flow.step import Source

JOBS = Path(__file__).parent / "jobs"
one, two, three = (Job() for _ in range(3))
for job in (one, two, three):
    job.map(lambda line: [(line, "")])


def until(counters, number):
    return counters["g", "n"] > number


def test_steps_are_called_as_the_variables_that_hold_them():
    flow = steps(one, two, step(two, name="again"), two)
    assert list(flow.parts) == ["one", "two", "again", "two-2"]
    assert flow.find("two") is two and flow.find("nosuch") is None


def test_what_steps_read():
    flow = steps(one, step(two, inputs=["path", one]), repeat(step(three, files={"side": one}), until=until, most=5))
    made, rest = flow.flow(["-input", "a"])
    assert [each.inputs for each in made.steps] == [None, (Source("path"), Source(step="one")), None]
    assert made.steps[2].files == (Source(step="one", link="side"),)
    assert rest == ["-input", "a"]
    again = made.steps[2].repeat
    assert again and (again.most, again.replaces) == (5, "")
    assert again.until(Counted({("g", "n"): 3}), 2) is True and again.until(Counted({("g", "n"): 1}), 2) is False
    with pytest.raises(UsageError, match=r"test_flow.py:\d+: no task has counted g/n; did you mean 'g/m'"):
        again.until(Counted({("g", "m"): 1}), 1)


def test_steps_that_are_repeated_together():
    first = Job()
    first.map(lambda line: [(line, "")])
    again = repeat(step(one, inputs=["-input"], files={"side": first}), two, until=until, most=5, replaces=first)
    flow = steps(first, again, three)
    made, _ = flow.flow([])
    assert [each.name for each in made.steps] == ["step", "one", "two", "three"]
    spans = [each.repeat.span if each.repeat else 0 for each in made.steps]
    assert spans == [0, 0, 2, 0] and made.steps[2].repeat.replaces == "step"
    assert "  two, repeated with the 1 before it at most 5 times\n" in flow.describe()


def test_a_condition_that_fails_is_told_with_its_line():
    made, _ = steps(repeat(one, until=lambda counters, n: 1 // 0, most=2)).flow([])
    assert made.steps[0].repeat
    with pytest.raises(UsageError, match=r"test_flow.py:\d+: until= failed: ZeroDivisionError: integer"):
        made.steps[0].repeat.until(Counted(), 1)


def test_options_of_the_jobs_go_to_those_that_have_them():
    first, second = Job(), Job()
    for job in (first, second):
        job.map(lambda line: [(line, "")])
        job.option("--both", default="")
    second.option("--own", type=int, default=1)
    made, rest = steps(first, second).flow(["--both", "x", "-input", "in", "--own=3", "-output", "out"])
    assert rest == ["-input", "in", "-output", "out"]
    assert (first.options.both, second.options.both, second.options.own) == ("x", "x", 3)
    assert str(made.steps[1].line.one("mapper")).endswith("map --both=x --own=3")


def test_refused():
    with pytest.raises(UsageError, match="there is no step"):
        steps()
    with pytest.raises(UsageError, match="cannot repeat a step 0 times"):
        repeat(one, until=until, most=0)
    with pytest.raises(UsageError, match="a repetition cannot be repeated; repeat steps that are not"):
        repeat(repeat(one, until=until, most=2), two, until=until, most=2)
    with pytest.raises(UsageError, match="there is no step"):
        repeat(until=until, most=2)
    with pytest.raises(UsageError, match="which is no step before it"):
        steps(step(one, inputs=[two]), two).flow([])


@pytest.fixture
def data(folder):
    (folder / "text").write_text("b a b\na b c\n")
    (folder / "graph.tsv").write_text(GRAPH)
    return folder


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(words, capture_output=True, text=True, timeout=110)


ST_RUN = (sys.executable, str(BIN / "st-run"), "--quiet", "--stdout")


@pytest.mark.slow
@pytest.mark.parametrize("how", [(), ("--no-in-process",)])
def test_most_used_words(data, how):
    done = run(*ST_RUN, *how, "--job", str(JOBS / "most_used.py"), "-input", "text", "--most", "2")
    assert (done.returncode, done.stdout) == (0, "b\t3\na\t2\n"), done.stderr


@pytest.mark.slow
def test_the_file_runs_itself_and_its_stages_are_filters(data):
    file = str(JOBS / "most_used.py")
    done = run(sys.executable, file, "run", "--quiet", "--stdout", "-input", "text")
    assert (done.returncode, done.stdout) == (0, "b\t3\n"), done.stderr
    count, most = (f"{sys.executable} {file} {name}" for name in ("count", "most"))
    done = run(
        "bash", "-c", f"{count} map < text | sort | {count} reduce | tee counts | {most} map | sort | {most} reduce"
    )
    assert (done.returncode, done.stdout) == (0, "b\t3\n"), done.stderr
    assert (data / "counts").read_text() == "a\t2\nb\t3\nc\t1\n"
    done = run(sys.executable, file, "--help")
    assert done.returncode == 0 and "Steps:\n  count\n  most\n" in done.stdout and "--most INT" in done.stdout
    assert run(sys.executable, file, "nosuch").returncode == 64


@pytest.mark.slow
def test_page_rank(data):
    done = run(*ST_RUN, "--job", str(JOBS / "pagerank.py"), "-input", "graph.tsv")
    assert (done.returncode, done.stdout) == (0, RANKS), done.stderr


@pytest.mark.slow
def test_k_means(data):
    (data / "numbers").write_text("1\n2\n3\n10\n11\n12\n")
    done = run(*ST_RUN, "--job", str(JOBS / "k_means.py"), "-input", "numbers")
    assert (done.returncode, done.stdout) == (0, "2.0\t\n11.0\t\n"), done.stderr


@pytest.mark.slow
def test_page_rank_as_filters(data):
    rank, show = (f"{sys.executable} {JOBS / 'pagerank.py'} {name}" for name in ("rank", "show"))
    script = f"""
    export LC_ALL=C
    for round in $(seq 60); do
        {rank} map < graph.tsv | sort | {rank} reduce > next 2> counters && mv next graph.tsv
        grep -q 'pagerank, changed: 0' counters && break
    done
    {show} map < graph.tsv | sort | {show} reduce
    """
    done = run("bash", "-o", "pipefail", "-c", script)
    assert (done.returncode, done.stdout) == (0, RANKS), done.stderr


@pytest.mark.slow
def test_page_rank_through_pipes(data):
    """Three rounds, as each starts seven processes: the same bytes as inside the tasks, of the ranks as they are."""
    (data / "pagerank.py").write_text((JOBS / "pagerank.py").read_text().replace("most=60", "most=3"))
    job = ("--job", "pagerank.py", "--from", "rank", "--keep", "-input", "graph.tsv")
    command = [word for word in ST_RUN if word != "--stdout"]
    for output, how in (("out", ()), ("piped", ("--no-in-process",))):
        done = run(*command, *job, *how, "-output", output)
        assert done.returncode == 0, done.stderr
    ranks, piped = (
        [path.read_bytes() for path in sorted((data / f"_{output}.steps/rank/3").glob("part-*"))]
        for output in ("out", "piped")
    )
    assert ranks == piped and b"".join(ranks).count(b"\n") == 4
