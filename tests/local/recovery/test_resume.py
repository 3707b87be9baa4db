"""--resume: whatever ended a run, the same command goes on from there, and the result is that of an undisturbed one."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from places import BIN

MAY_LEAVE_INPUT = "stream.minRecWrittenToEnableSkip_=0"
SLOW_CAT = "#!/bin/sh\nsleep 0.05\necho ran >> ran\nexec cat\n"
JOB = ["-D", "fs.local.block.size=20000", "-D", "mapreduce.job.reduces=3", "-input", "in", "-output", "out"]


@pytest.fixture
def job(tmp_path, monkeypatch):
    """A directory with an input of eleven splits, and the command line of a job over it with slow scripts."""
    monkeypatch.chdir(tmp_path)
    lines = [b"k%d\t%d\n" % (number * 7919 % 500, number) for number in range(20_000)]
    Path("in").write_bytes(b"".join(lines))
    for name in ("mapper.sh", "reducer.sh"):
        Path(name).write_text(SLOW_CAT)
        os.chmod(name, 0o755)
    Path("work").mkdir()
    command = [sys.executable, str(BIN / "st-run"), "--work-dir", "work", "--jobs", "2", *JOB]
    return [*command, "-mapper", "mapper.sh", "-reducer", "reducer.sh"]


def parts() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(Path("out").iterdir())}


def finish(command):
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stderr.decode()


def counters(told: str) -> list[str]:
    return [line for line in told.split("\n") if line.startswith("\t\t")]


@pytest.fixture
def undisturbed(job):
    """The part files and counters of a run that nothing disturbs; its output is gone again."""
    told = finish(job)
    result = parts(), counters(told)
    for path in Path("out").iterdir():
        path.unlink()
    Path("out").rmdir()
    assert os.listdir("work") == []
    return result


def tree(pid: int) -> list[int]:
    """A process and all that it has started."""
    found = [pid]
    for each in found:
        try:
            found += map(int, Path(f"/proc/{each}/task/{each}/children").read_text().split())
        except OSError:
            continue
    return found


def kill_tree(pid: int) -> None:
    for each in tree(pid):
        try:
            os.kill(each, signal.SIGKILL)
        except ProcessLookupError:
            continue


def started(job: list[str], until) -> subprocess.Popen:
    """A run that has come to where `until()` holds; it must not have ended before."""
    process = subprocess.Popen(job, stderr=subprocess.PIPE)
    while not until():
        assert process.poll() is None, process.communicate()
        time.sleep(0.003)
    return process


def killed(job: list[str], until) -> None:
    """Kill a run and all that it has started, where `until()` holds."""
    process = started(job, until)
    kill_tree(process.pid)
    process.communicate()


def test_killed_at_ten_moments(job, undisturbed):
    for finished in (0, 1, 2, 3, 4, 5, 6, 8, 10, 11):
        killed([*job, "--resume"], lambda finished=finished: len(list(Path("work").glob("*/*.done"))) >= finished)
    told = finish([*job, "--resume"])
    assert (parts(), counters(told)) == undisturbed
    assert os.listdir("work") == []


def test_finished_tasks_are_not_run_again(job, undisturbed):
    Path("reducer.sh").write_text("#!/bin/sh\nexit 3\n")
    failed = subprocess.run(job, capture_output=True, timeout=60)
    assert failed.returncode == 1
    assert b"--resume" in failed.stderr
    Path("reducer.sh").write_text(SLOW_CAT)
    Path("ran").unlink()
    told = finish([*job, "--resume"])
    assert "11 of 11 map tasks were done already" in told
    assert Path("ran").read_text() == "ran\n" * 3
    assert (parts(), counters(told)) == undisturbed


@pytest.mark.parametrize("changed", ["in", "mapper.sh"])
def test_tasks_whose_input_or_command_has_changed_are_run_again(job, undisturbed, changed):
    Path("reducer.sh").write_text("#!/bin/sh\nexit 3\n")
    subprocess.run(job, capture_output=True, timeout=60)
    Path("reducer.sh").write_text(SLOW_CAT)
    os.utime(changed, ns=(1, 1))
    told = finish([*job, "--resume"])
    assert "0 of " in told
    assert (parts(), counters(told)) == undisturbed


def test_fewer_reducers_leave_no_part_of_the_earlier_run(job):
    Path("reducer.sh").write_text('#!/bin/sh\n[ "$mapreduce_task_partition" = 2 ] && sleep 60\nexec cat\n')
    killed(job, Path("out/part-00001").exists)
    finish([word.replace("reduces=3", "reduces=1") for word in job] + ["--resume"])
    assert list(parts()) == ["_SUCCESS", "part-00000"]


def test_ctrl_c_keeps_what_is_done_until_a_run_without_resume_is_not_refused(job):
    process = started(job, lambda: list(Path("work").glob("*/map-*.done")))
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"finished tasks kept in work/" in told
    refused = subprocess.run(job, capture_output=True, timeout=60)
    assert refused.returncode == 5 and b"--resume" in refused.stderr
    assert list(Path("work").glob("*/map-*.done"))
    for path in Path("out").iterdir():
        path.unlink()
    Path("out").rmdir()
    finish(job)
    assert os.listdir("work") == []


def test_two_runs_for_the_same_output_are_kept_apart(job):
    process = started(job, Path("out").exists)
    second = subprocess.run([*job, "--resume"], capture_output=True, timeout=60)
    assert second.returncode == 5 and b"another st-run is still writing it" in second.stderr
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_workers_and_a_stuck_command_end_with_a_killed_main_process_and_resume_goes_on(job):
    Path("mapper.sh").write_text("#!/bin/sh\ntouch stuck\nexec sleep 600\n")
    process = started(job, Path("stuck").exists)
    process.kill()
    process.communicate()  # the end of stderr: no process that the run has started is left
    Path("mapper.sh").write_text(SLOW_CAT)
    finish([*job, "--resume"])
    assert os.listdir("work") == []


def test_links_that_a_killed_run_has_left_are_removed_by_the_next(job):
    Path("side").mkdir()
    for name in ("words", "own", "changed"):
        Path("side", name).write_text("x")
    Path("own").symlink_to("side/own")
    at = job.index("-D")
    job[at:at] = ["-files", "side/words,side/own,side/changed"]
    killed(job, lambda: len(list(Path("work").glob("*/*.done"))) >= 1)
    assert Path("words").is_symlink() and Path("changed").is_symlink()
    Path("changed").unlink()
    Path("changed").write_text("mine now")
    finish([*job, "--resume"])
    assert not os.path.lexists("words")
    assert Path("own").is_symlink() and Path("changed").read_text() == "mine now"


def mended(mend, words):
    """What a job says whose reducer fails, and that then goes on with --resume when `mend` was called."""
    words = ["--quiet", "--jobs", "1", *words, "-input", "in", "-output", "out"]
    failed = subprocess.run([BIN / "st-run", *words], capture_output=True, timeout=60)
    assert failed.returncode == 1, failed.stderr
    mend()
    done = subprocess.run([BIN / "st-run", *words, "--resume"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stderr


SCRIPTS = {  # what the scripts hold, of which `prefix.py` is changed
    "map.py": "import sys\nimport helper\nfor line in sys.stdin:\n    print(helper.key(line), 1, sep='\\t')\n",
    "helper.py": "from package.inner import prefix\n\ndef key(line):\n    return prefix.PREFIX + line.strip()\n",
    "package/inner/prefix.py": "PREFIX = 'old'\n",
    "reduce.py": "import sys\nsys.exit(3)\n",
}


@pytest.mark.parametrize(
    ("mapper", "changed", "again"),
    [
        ("{python} src/map.py", "package/inner/prefix.py", True),
        ("bash -c '{python} src/map.py | sort'", "package/inner/prefix.py", True),
        ("{python} src/map.py", "package/inner/other.py", True),
        ("{python} src/map.py", "unrelated.py", False),
    ],
)
def test_a_module_that_the_script_imports_counts_as_the_script(folder, mapper, changed, again):
    for name, text in SCRIPTS.items():
        (folder / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "src" / name).write_text(text)
    (folder / "in").write_text("a\nb\n")

    def mend():
        (folder / "src" / changed).write_text("PREFIX = 'newer'\n")
        (folder / "src" / "reduce.py").write_text("import sys\nsys.stdout.writelines(sys.stdin)\n")

    words = ["-mapper", mapper.format(python=sys.executable), "-reducer", f"{sys.executable} src/reduce.py"]
    assert f"{0 if again else 1} of 1 map tasks were done already" in mended(mend, words)
    prefix = "newer" if changed.endswith("prefix.py") else "old"
    assert Path("out/part-00000").read_text() == f"{prefix}a\t1\n{prefix}b\t1\n"


def test_a_file_in_a_shipped_directory_counts(folder):
    (folder / "data").mkdir()
    (folder / "data" / "x").write_text("old\n")
    (folder / "data" / "run").write_text("cat shipped/x\n")
    (folder / "in").write_text("a\n")
    words = ["-D", MAY_LEAVE_INPUT, "-files", "data#shipped", "-mapper", "sh shipped/run", "-reducer", "sh r.sh"]
    (folder / "r.sh").write_text("exit 3\n")

    def mend():
        (folder / "data" / "x").write_text("newer\n")
        (folder / "r.sh").write_text("cat\n")

    assert "0 of 1 map tasks" in mended(mend, words)
    assert Path("out/part-00000").read_text() == "newer\t\n"


@pytest.mark.parametrize("mends_mapper", [False, True])
def test_what_tasks_put_aside_is_kept_and_goes_with_its_task(folder, mends_mapper):
    lines = ["good\n" * 2000, "BAD\n", "good\n" * 2000, "BAD\n", "good\n" * 2000]
    (folder / "in").write_text("".join(lines))
    (folder / "m.sh").write_text('while read -r l; do [ "$l" = BAD ] && exit 3; echo "$l"; done\n')
    (folder / "r.sh").write_text("exit 3\n")
    words = ["--skip-bad", "2", "-D", "fs.local.block.size=10003", "-mapper", "sh m.sh", "-reducer", "sh r.sh"]

    def mend():
        assert sorted(os.listdir("out/_skipped")) == ["map-000000", "map-000001"]
        (folder / "r.sh").write_text("uniq -c\n")
        if mends_mapper:
            (folder / "m.sh").write_text("exec cat\n")

    assert f"{0 if mends_mapper else 3} of 3 map tasks were done already" in mended(mend, words)
    counted = "2 BAD 6000 good" if mends_mapper else "6000 good"
    assert Path("out/part-00000").read_text().split() == counted.split()
    assert sorted(os.listdir("out/_skipped")) == ([] if mends_mapper else ["map-000000", "map-000001"])


def test_a_job_without_any_split_takes_its_finished_reducers_over(folder):
    """Its map phase, which has no tasks, was once taken for the reduce phase, and the records were dropped."""
    os.mkdir("in")
    reducer = "sh -c 'echo $mapreduce_task_partition >> $TMPDIR/ran; cat; [ $mapreduce_task_partition = 0 ]'"
    command = [BIN / "st-run", "--jobs", "1", "--work-dir", "work", "-D", "mapreduce.job.reduces=2"]
    command += ["-input", "in", "-output", "out", "-mapper", "cat", "-reducer", reducer]
    assert subprocess.run(command, capture_output=True).returncode == 1
    again = subprocess.run([*command, "--resume"], capture_output=True)
    assert b"1 of 2 reduce tasks were done already" in again.stderr
    assert Path(os.environ["TMPDIR"], "ran").read_text() == "0\n1\n1\n"


DAMAGES = {
    "a record cut short": ("map-000000.done", lambda data: data[: len(data) // 2]),
    "a record with a byte changed": ("map-000000.done", lambda data: data[:-9] + b"#" + data[-8:]),
    "an empty record": ("map-000000.done", lambda data: b""),
    "a map output of the same length": ("map-000000", lambda data: data[:-2] + b"#" + data[-1:]),
    "a map output cut short": ("map-000000", lambda data: data[:-1]),
}


@pytest.mark.parametrize(("name", "damage"), DAMAGES.values(), ids=DAMAGES)
def test_what_is_damaged_is_made_anew(folder, name, damage):
    """Its time of modification is kept, so that only its content can tell."""
    (folder / "in").write_text("b\na\n" * 100)
    (folder / "r.sh").write_text("exit 3\n")

    def mend():
        (folder / "r.sh").write_text("uniq -c\n")
        (path,) = Path(os.environ["TMPDIR"]).glob(f"*/{name}")
        times = path.stat()
        path.write_bytes(damage(path.read_bytes()))
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    told = mended(mend, ["-mapper", "cat", "-reducer", "sh r.sh"])
    assert "0 of 1 map tasks were done already" in told and "Traceback" not in told
    assert Path("out/part-00000").read_text().split() == ["100", "a", "100", "b"]


def test_an_input_that_changed_with_size_and_time_kept_is_read_again(folder):
    (folder / "in").write_text("old\n")
    (folder / "r.sh").write_text("exit 3\n")

    def mend():
        times = (folder / "in").stat()
        (folder / "in").write_text("new\n")
        os.utime(folder / "in", ns=(times.st_atime_ns, times.st_mtime_ns))
        (folder / "r.sh").write_text("cat\n")

    assert "0 of 1 map tasks were done already" in mended(mend, ["-mapper", "cat", "-reducer", "sh r.sh"])
    assert Path("out/part-00000").read_text() == "new\t\n"
