"""--check-combiner and --tasks: wrong assumptions about combiners, and about one task of each, come to light."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import BIN

from streamtools.launch.combiner_check import first_difference

MEAN = """#!{python}
import sys
from itertools import groupby
for key, lines in groupby(sys.stdin, key=lambda line: line.split("\\t")[0]):
    values = [float(line.split("\\t")[1]) for line in lines]
    print(key, sum(values) / len(values), sep="\\t")
"""


@pytest.fixture
def run(folder):
    (folder / "in").write_text("a\t1\nb\t5\na\t2\na\t3\na\t4\nb\t5\n")
    (folder / "mean.py").write_text(MEAN.format(python=sys.executable))
    os.chmod(folder / "mean.py", 0o755)

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        command = [str(BIN / "st-run"), "--quiet", "-input", "in", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    return call


MEANS = ["-mapper", "cat", "-combiner", "mean.py", "-reducer", "mean.py"]
SUMS = ["-mapper", "cat", "-combiner", "st-combine", "-reducer", "st-reduce"]


def test_a_wrong_combiner_is_found_by_its_first_key(run):
    done = run("-output", "out", *MEANS, "--check-combiner", "--tasks", "2x2")
    assert done.returncode == 1
    assert "part-00000: key 'a': 'a\\t3.0' with the combiner, 'a\\t2.5' without" in done.stderr


def test_with_one_map_task_it_is_said_that_this_proves_little(run):
    done = run("-output", "out", *MEANS, "--check-combiner")
    assert (done.returncode, done.stderr.count("--tasks 2x2")) == (0, 1)


@pytest.mark.parametrize("output", [["-output", "out"], ["--stdout"]])
def test_a_right_one_changes_nothing(run, output):
    done = run(*output, *SUMS, "--check-combiner", "--tasks", "2x2")
    assert (done.returncode, done.stderr) == (0, "st-run: --check-combiner: the same results without the combiner\n")
    results = done.stdout or "".join(path.read_text() for path in sorted(Path("out").glob("part*")))
    assert results == "a\t10\nb\t10\n"
    assert os.listdir(os.environ["TMPDIR"]) == []


@pytest.mark.parametrize("combiner", ["cut -c1", "sh -c 'cat; exit 1'"])
def test_a_job_that_needs_its_combiner(run, combiner):
    reducer = "sh -c 'grep 1 && exit 1; exit 0'"
    words = ["-output", "out", "-mapper", "cat", "-reducer", reducer]
    assert run(*words, "-combiner", combiner, "--check-combiner").returncode == 1


def test_there_must_be_a_combiner(run):
    assert run("--stdout", "-mapper", "cat", "-reducer", "cat", "--check-combiner").returncode == 64
    assert run("--stdout", *SUMS, "-numReduceTasks", "0", "--check-combiner").returncode == 64


TASKS = [  # --tasks, other options, map tasks, reduce tasks
    ("2x2", "", 2, 2),
    ("3x1", "", 3, 1),
    ("1x2", "-numReduceTasks 5", 1, 5),
    ("2x3", "-numReduceTasks 2", 2, 3),
    ("2x3", "-jobconf mapred.reduce.tasks=2", 2, 3),
    ("2x2", "-reducer NONE", 2, 0),
]


@pytest.mark.parametrize(("tasks", "options", "maps", "reduces"), TASKS)
def test_at_least_so_many_tasks(run, tasks, options, maps, reduces):
    done = run("--dry-run", "--tasks", tasks, "--stdout", "-mapper", "cat", *options.split())
    assert done.stdout.count("map task ") >= maps and done.stdout.count("map task ") <= maps + 1
    assert done.stdout.count("reduce task ") == reduces


@pytest.mark.parametrize("wrong", ["2", "0x1", "2x", "x2", "2x2x2"])
def test_what_is_no_number_of_tasks(run, wrong):
    assert run("--stdout", "-mapper", "cat", "--tasks", wrong).returncode == 64


lines = st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.sampled_from([b"1", b"2", b""])), max_size=8)


@given(lines, lines)
def test_files_are_the_same_when_their_keys_have_the_same_values_in_any_order(tmp_path_factory, one, other):
    folder = tmp_path_factory.mktemp("parts")
    one, other = sorted(one, key=lambda pair: pair[0]), sorted(other, key=lambda pair: pair[0])
    for name, pairs in (("one", one), ("other", other)):
        (folder / name).write_bytes(b"".join(b"%b\t%b\n" % pair for pair in pairs))
    found = first_difference([str(folder / "one")], [str(folder / "other")])
    assert (found is None) == (sorted(one) == sorted(other))
    if found:
        wrong = min(
            key
            for key in b"abc"
            if sorted(v for k, v in one if k[0] == key) != sorted(v for k, v in other if k[0] == key)
        )
        assert min(group.key for group in found[1:] if group) == bytes([wrong])


def test_bad_records_are_not_left_out_of_a_comparison(run):
    done = run("-output", "out", *SUMS, "--check-combiner", "--skip-bad", "1")
    assert (done.returncode, "--check-combiner: with --skip-bad" in done.stderr) == (64, True)
    assert not os.path.exists("out")
