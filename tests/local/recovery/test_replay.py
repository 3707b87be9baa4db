"""A failed task: what is told of it, and `st-run --replay DIR`, which runs just that again."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from places import BIN

ST_RUN = str(BIN / "st-run")
SORTED = "x\ty\n"


@pytest.fixture
def run(folder):
    """Runs st-run in a directory with an input of four lines and a script that fails as its word tells."""
    (folder / "in").write_text("3\n1\n2\n1\n")
    (folder / "m.sh").write_text(
        "#!/bin/sh\n[ -e mended ] && exec cat\ncat\ncat words >&2\necho $mapreduce_task_partition $A >&2\nexit $1\n"
    )
    (folder / "words").write_text("from a shipped file\n")
    os.chmod(folder / "m.sh", 0o755)

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([ST_RUN, *words], capture_output=True, text=True, timeout=60)

    return call


def replayed(told: str) -> str:
    """The directory that a message names."""
    match = re.search(r"to try it alone: st-run --replay (\S+)$", told, re.MULTILINE)
    assert match, told
    return match[1]


ROLES = [  # role, options, what its command is given, what it prints
    ("mapper", "-mapper 'm.sh 3' -reducer NONE", "3\n1\n2\n1\n"),
    ("reducer", "-mapper cat -reducer 'm.sh 3'", "1\t\n1\t\n2\t\n3\t\n"),
    ("combiner", "-mapper cat -combiner 'm.sh 3' -reducer cat", "1\t\n1\t\n2\t\n3\t\n"),
]


@pytest.mark.parametrize(("role", "options", "given"), ROLES, ids=[case[0] for case in ROLES])
def test_the_task_is_run_again_with_all_that_it_had_around_it(run, folder, role, options, given):
    (folder / "ship").mkdir()
    os.rename("words", "ship/words")
    words = [word.strip("'") for word in re.findall(r"'[^']*'|\S+", options)]
    failed = run("-files", "ship/words", "-input", "in", "-output", "out", "-cmdenv", "A=b", *words)
    assert failed.returncode == 1
    kept = replayed(failed.stderr)
    assert Path(kept, "stdin").read_text() == given
    again = run("--replay", kept)
    assert (again.returncode, again.stdout, Path(kept, "stdout").read_text()) == (3, "", given)
    assert f"it printed {len(given)} B, kept in {kept}/stdout" in again.stderr
    assert "from a shipped file\n0 b\n" in again.stderr
    assert f"its {role} `m.sh 3` in {folder}" in again.stderr and "ended with status 3" in again.stderr
    assert not os.path.exists("words")


def test_mended_replayed_and_resumed(run, folder):
    failed = run("-input", "in", "-output", "out", "-mapper", "cat", "-reducer", "m.sh 3")
    (folder / "mended").touch()
    again = run("--replay", replayed(failed.stderr))
    assert again.returncode == 0 and "--resume" in again.stderr
    assert run("-input", "in", "-output", "out", "-mapper", "cat", "-reducer", "m.sh 3", "--resume").returncode == 0
    assert Path("out/part-00000").read_text() == "1\t\n1\t\n2\t\n3\t\n"
    assert os.listdir(os.environ["TMPDIR"]) == []


def test_without_an_output_directory_too_and_the_next_run_removes_it(run, folder):
    words = ["--stdout", "-input", "in", "-mapper", "m.sh 3"]
    kept = replayed(run(*words).stderr)
    assert run("--replay", kept).returncode == 3
    (folder / "mended").touch()
    assert run(*words).returncode == 0
    assert os.listdir(os.environ["TMPDIR"]) == []


def test_only_the_first_of_many_are_kept(run):
    split = ["-D", "mapreduce.input.lineinputformat.linespermap=1"]
    form = ["-inputformat", "org.apache.hadoop.mapred.lib.NLineInputFormat"]
    failed = run(*split, "-input", "in", "-output", "out", *form, "-mapper", "m.sh 3", "--jobs", "1")
    assert failed.stderr.count(" failed: ") == failed.stderr.count("--replay") == 1
    assert "is one in 4 tasks: map task 1, map task 2, map task 3 failed in the same way" in failed.stderr
    assert sum("replay-map" in name for _, names, _ in os.walk(os.environ["TMPDIR"]) for name in names) == 3


def test_a_directory_without_a_task_is_told(run, folder):
    for name, status in (("nosuch", 66), ("in", 66), (str(folder), 66)):
        done = run("--replay", name)
        assert done.returncode == status and "holds no failed task" in done.stderr
    assert run("--replay", "nosuch", "-input", "in").returncode == 64


def test_the_pipeline_that_is_told_can_be_pasted(run):
    failed = run("-D", "fs.local.block.size=4", "-input", "in", "-output", "out", "-mapper", "m.sh 3")
    command = next(line.partition(": ")[2] for line in failed.stderr.split("\n") if "head -c" in line)
    command = command.removeprefix("  to try it alone: ").removeprefix("to try it alone: ")
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True)
    assert (done.returncode, len(done.stdout)) == (3, 4)


STDERR = [  # what the mapper does, what is told, how often its words are seen
    ("echo why >&2; exit 3", "", 1),
    ("exit 3", "it wrote nothing to stderr", 0),
    ("echo \"ModuleNotFoundError: No module named 'mine'\" >&2; exit 1", "ship it with -files mine.py", 1),
    (
        "echo \"FileNotFoundError: [Errno 2] No such file: 'zip.txt'\" >&2; exit 1",
        "ship zip.txt with -files zip.txt",
        1,
    ),
    ("echo ValueError: x >&2; exit 1", "--skip-bad N leaves up to N", 1),
    ("kill -SEGV $$", "139: it crashed (SIGSEGV)", 0),
]


@pytest.mark.parametrize(("code", "told", "times"), STDERR)
def test_what_is_told(run, folder, code, told, times):
    (folder / "fail.sh").write_text(f"#!/bin/sh\n{code}\n")
    failed = run("-input", "in", "-output", "out", "-mapper", "fail.sh").stderr
    assert told in failed
    if words := re.search(r"echo \"?(\w+)", code):
        assert sum(line.strip().startswith(words[1]) for line in failed.split("\n")) == times
    assert "last words" not in failed
    assert "st-run: out: stays, as Hadoop leaves it; for the next run " in failed


def test_the_interpreter_that_is_missing_is_named(run, folder):
    (folder / "fail.py").write_text("#!/usr/bin/env python9\n")
    failed = run("-input", "in", "-output", "out", "-mapper", "fail.py").stderr
    assert "127: " in failed and "`#!/usr/bin/env python9`" in failed


def test_words_are_repeated_where_tasks_have_spoken_at_once(run, folder):
    (folder / "other").write_text("3\n1\n2\n1\n4\n")
    (folder / "talk.sh").write_text(
        "#!/bin/sh\necho hello from $(echo $mapreduce_task_partition | tr 01 ab) >&2\n"
        "touch here$mapreduce_task_partition\n"
        "while [ ! -e here0 ] || [ ! -e here1 ]; do sleep 0.01; done\nexit 3\n"
    )
    failed = run("-input", "in,other", "-output", "out", "-mapper", "talk.sh", "--jobs", "2").stderr
    assert failed.count("hello from a") == failed.count("hello from b") == 2  # words that differ: not told as one


def test_after_a_failure_without_a_finished_task_resume_works_too(run, folder):
    words = ["-input", "in", "-output", "out", "-mapper", "nosuch.sh"]
    assert run(*words).returncode == 1
    assert run(*words).returncode == 5
    (folder / "nosuch.sh").write_text("cat\n")
    assert run(*words, "--resume").returncode == 0


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", "7", '{"task": 1}'])
def test_a_damaged_record_of_a_task_is_told(run, folder, text):
    (folder / "kept").mkdir()
    (folder / "kept" / "task.json").write_text(text)
    done = run("--replay", "kept")
    assert (done.returncode, done.stderr.count("\n")) == (65, 1)
    assert "task.json: is damaged; run the job again" in done.stderr


def test_a_signal_ends_the_command_too(run, folder):
    (folder / "p.sh").write_text(
        "#!/bin/sh\n[ -e again ] || exit 3\necho $$ > pid.new\nmv pid.new pid\nexec sleep 60\n"
    )
    kept = replayed(run("-input", "in", "-output", "out", "-mapper", "sh p.sh").stderr)
    (folder / "again").touch()
    with subprocess.Popen([ST_RUN, "--replay", kept], stderr=subprocess.DEVNULL) as running:
        while not os.path.exists("pid"):
            assert running.poll() is None
            time.sleep(0.005)
        cleaned = run("--clean", "--work-dir", str(Path(kept).parent.parent))
        assert re.search(rf"^{Path(kept).parent}: .*, in use$", cleaned.stdout, re.MULTILINE) and os.path.isdir(kept)
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=20) == 143
    with pytest.raises(ProcessLookupError):
        os.kill(int(Path("pid").read_text()), 0)
