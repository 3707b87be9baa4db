"""st-run --check: one finding a line, of options, scripts and runs over a sample; status 0 only if nothing is wrong."""

import os
import re
import shlex

import pytest
from places import BIN

from streamtools.cli import run
from streamtools.cli.st_run import st_run
from streamtools.job import CommandLine
from streamtools.launch.checking import check
from streamtools.launch.checking.trials import Trials
from streamtools.launch.planning.measurement import SampleFailed
from streamtools.launch.planning.sample import Sample
from streamtools.local import Settings

PYTHON = "#!/usr/bin/env python3\nimport sys\n"
PAIRS = PYTHON + "for line in sys.stdin:\n    print(line.split()[1], line.split()[2], sep='\\t')\n"
NOISY = PYTHON + "for line in sys.stdin:\n    print('x\\t1')\n    print('debug', file=sys.stderr)\n"
DEBUG = PAIRS + "    if line.startswith('7 '):\n        print('here')\n"
WORDS = PYTHON + "for line in sys.stdin:\n    print(line.split()[1])\n"
DASHES = PAIRS.replace("line.split()[2]", "'-' if line.startswith('7 ') else 1")
FIRST = PYTHON + (
    "last = None\nfor line in sys.stdin:\n    key = line.split('\\t')[0]\n    if key != last:\n"
    "        print(line, end='')\n    last = key\n"
)
MEAN = PYTHON + (
    "from itertools import groupby\nfor key, lines in groupby(sys.stdin, key=lambda line: line.split('\\t')[0]):\n"
    "    numbers = [float(line.split('\\t')[1]) for line in lines]\n"
    "    print(key, sum(numbers) / len(numbers), sep='\\t')\n"
)
BROKEN = PYTHON + "k, v = 'x'.split()\n"
NUMBERS = PYTHON + "for line in sys.stdin:\n    print(line.split()[0], 1, sep='\\t')\n"  # each key once
SCRIPTS = {"numbers.py": NUMBERS, "pairs.py": PAIRS, "noisy.py": NOISY, "debug.py": DEBUG, "words.py": WORDS,
           "first.py": FIRST, "mean.py": MEAN, "dashes.py": DASHES, "broken.py": BROKEN}  # fmt: skip
JOBS = {  # options -> the lines that are printed, and the status
    "-mapper pairs.py -reducer st-reduce": (["nothing wrong was found"], 0),
    "-mapper pairs.py -combiner st-combine -reducer mean.py": (["warning: -combiner: changes the result: key 'u"], 1),
    "-mapper pairs.py -combiner mean.py -reducer mean.py": (["warning: -combiner: changes the result: key 'u"], 1),
    "-mapper numbers.py -combiner 'st-reduce count' -reducer 'st-reduce count'": (
        [r"warning: -combiner: changes the result: key '0': '0\t1' with it, '0\t2' without; it must"],
        1,
    ),
    "-mapper numbers.py -combiner st-combine -reducer st-reduce": (["nothing wrong was found"], 0),
    "-D mapreduce.job.reduce=2 -mapper pairs.py -reducer mean.py": (
        ["warning: unknown property mapreduce.job.reduce; did you mean mapreduce.job.reduces?"], 1,
    ),
    "-mapper pairs.py -reducer mean.py": (["nothing wrong was found"], 0),
    "-mapper pairs.py -reducer first.py": (["warning: -reducer: relies on the order of the values: key 'u0': 'u0"], 1),
    "-mapper words.py -reducer 'st-reduce count'": (["note: -mapper: all 600 lines", "nothing wrong was"], 0),
    "-mapper words.py -reducer first.py": (
        [r"warning: -mapper: all 600 lines of the mapper lack a TAB, so the whole line is the key; print"], 1,
    ),
    "-mapper words.py -reducer uniq": (["note: -mapper: all 600 lines", "nothing wrong was"], 0),
    "-mapper debug.py -reducer 'st-reduce count'": (
        ["warning: -mapper: 1 of 601 lines lack a TAB, the first is 'here'; does the mapper print something else?"], 1,
    ),
    "-mapper dashes.py -reducer 'st-reduce collect'": (
        ["warning: -mapper: 1 of 600 values are not numbers", "warning: -reducer: relies"],
        1,
    ),
    "-mapper noisy.py -reducer st-reduce": (
        ["warning: -mapper: 600 lines on stderr, the first is 'debug'; leave out what nobody reads"], 1,
    ),
    "-mapper broken.py -reducer cat": (["error: -mapper: fails on a sample: PipeMapRed.waitOutputThreads(): "], 1),
    "-mapper pairs.py -reducer 'st-reduce summ'": (["error: -reducer st-reduce: No such command 'summ'"], 1),
    "-output log -mapper cat -reducer cat": (["error: -output log: exists already"], 1),
    "-input nowhere -mapper cat": ([], 5),
    "-input empty -mapper cat": (["warning: empty: is empty"], 1),
    "-D textinputformat.record.delimiter=\n -input dos -mapper cat -reducer cat": (
        ["warning: -input: lines end in CR LF, and textinputformat.record.delimiter leaves the CR in the records"], 1,
    ),
    "-D mapreduce.job.reduces=0 -mapper noisy.py": (["warning: -mapper: 600 lines on stderr"], 1),
}  # fmt: skip


@pytest.fixture
def job(folder, monkeypatch):
    """Make scripts and inputs; the time is not predicted."""
    for name, text in SCRIPTS.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    lines = [f"{number} u{number % 7} {number * 0.37 + 1:.2f}\n" for number in range(600)]
    (folder / "log").write_text("".join(lines))
    (folder / "dos").write_text("a\t1\r\nb\t2\r\n")
    (folder / "empty").touch()
    monkeypatch.setattr(check, "_predict", lambda *_arguments: iter(()))
    monkeypatch.setattr(check, "ENOUGH", float("inf"))  # however busy this machine is
    monkeypatch.setattr("sys.argv", [str(BIN / "st-run")])
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("options", JOBS)
def test_findings(job, capfd, options):
    expected, status = JOBS[options]
    words = re.findall(r"'[^']*'|[^ ]+", options)
    words = [word.strip("'") for word in words]
    words += [] if "-input" in words else ["-input", "log"]
    words += [] if "-output" in words else ["-output", "out"]
    assert run(st_run, ["--check", *words]) == status
    out, err = capfd.readouterr()
    lines = [line for line in out.splitlines() if "on stderr" not in line or "warning" in line]
    assert [line for line, begin in zip(lines, expected) if not line.startswith(begin)] == []
    assert len([line for line in lines if not line.startswith("warning: -reducer: rel")]) >= len(expected) - 1
    assert not os.path.exists("out") and ("debug" not in err)


@pytest.mark.slow
def test_the_time_of_the_whole_input(folder, capfd, monkeypatch):
    monkeypatch.setattr(check, "SECONDS", 0.5)
    monkeypatch.setattr(check, "ENOUGH", float("inf"))
    (folder / "log").write_text("a b c\n" * 1000)
    assert run(st_run, shlex.split("--check -input log -output out -mapper 'st-map words' -reducer st-reduce")) == 0
    out = capfd.readouterr().out
    assert re.search(
        r"^note: time: about .* for 6.0 kB here, [\d,]+ records/s, as a sample of 6.0 kB shows$", out, re.M
    )
    assert out.endswith("nothing wrong was found\n")


@pytest.mark.slow
def test_a_job_that_fails_on_what_only_the_prediction_reads(folder, capfd, monkeypatch):
    def fail(*_arguments):
        raise SampleFailed("--plan", "the job fails on a sample of its input")

    monkeypatch.setattr(check.local_plan, "make_plan", fail)
    (folder / "log").write_text("a b c\n")
    assert run(st_run, shlex.split("--check -input log -output out -mapper 'st-map words' -reducer st-reduce")) == 1
    assert capfd.readouterr().out == (
        "warning: -input: the job fails on another part of it; run the job here, its message names the line\n"
    )


@pytest.mark.slow
def test_fix_shows_what_it_changes(job, capfd):
    (job / "pairs.py").write_bytes(PAIRS.replace("\n", "\r\n").encode())
    (job / "pairs.py").chmod(0o644)
    options = shlex.split("--fix -input log -output out -mapper pairs.py -reducer st-reduce")
    assert run(st_run, options) == 64  # without --check
    assert run(st_run, ["--check", *options]) == 0
    assert capfd.readouterr().out.splitlines() == [
        "note: pairs.py: changed line ends from CR LF to LF",
        "note: pairs.py: made it executable",
        "nothing wrong was found",
    ]
    assert (job / "pairs.py").read_text() == PAIRS and os.access("pairs.py", os.X_OK)


@pytest.mark.parametrize("seconds, size", [([9.0], 1 << 10), ([0.5, 2.5], 16 << 10), ([0.5, 1.0, 1.5], 270_000)])
def test_a_slow_job_is_run_over_less(folder, monkeypatch, seconds, size):
    took = iter(seconds)
    monkeypatch.setattr(Trials, "measure", lambda _trials: next(took))
    (folder / "pieces").mkdir()
    (folder / "pieces/piece-000").write_text("12345678\n" * 30_000)
    sample = Sample(str(folder / "pieces"), [str(folder / "pieces/piece-000")])
    trials = Trials(CommandLine("streamjob"), Settings(), "", (0, 0))
    chosen = check._choose_size(sample, trials, str(folder))
    assert 0 <= os.path.getsize(f"{chosen}/piece-000") - size < 9 and next(took, None) is None


def test_a_check_is_for_jobs_here(job, capfd):
    assert run(st_run, ["--check", "--on", "hadoop", "-input", "log", "-output", "out", "-mapper", "cat"]) == 64
    assert run(st_run, ["--check", "--plan", "-input", "log", "-output", "out", "-mapper", "cat"]) == 64
