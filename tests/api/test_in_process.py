"""Jobs through st-run: inside the task's process and through pipes, alike.

This tests streamtools.api.in_process, command_stages and job_file.
"""

import re
import subprocess
from pathlib import Path

import pytest
from jobs_of_functions import INPUTS, JOBS
from places import BIN


@pytest.fixture
def folder(tmp_path):
    for files in INPUTS.values():
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
    return tmp_path


def run(folder, job, *options, inputs=("text.txt",), status=0):
    words = ["-input", *inputs, "-output", "out"]
    command = [BIN / "st-run", "--job", job, *options, *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    assert done.returncode == status, done.stderr
    parts = b"\n--\n".join(part.read_bytes() for part in sorted((folder / "out").glob("part-*")))
    subprocess.run(["rm", "-rf", folder / "out"], check=True)
    return parts, done.stderr


def counters(stderr):
    return re.split(r"\n.* records in, ", stderr[stderr.index("Counters: ") :])[0]


def as_filters(folder, name):
    """Run a job with one reducer by pipes of a shell, with GNU sort."""
    path = JOBS / f"{name}.py"
    sort = {"join": "-k1,1 -k2,2n", "secondary_sort": "-k1,1 -k2,2n", "numbers": "-k1,1n -k2,2n"}.get(name, "-k1,1")
    maps = "; ".join(f"python3 {path} map --input-name {each} < {each}" for each in INPUTS[name])
    script = f"({maps}) | LC_ALL=C sort -s -t '\t' {sort} | python3 {path} reduce"
    environment = f"export PATH={Path(__import__('sys').executable).parent}:$PATH; "
    return subprocess.run(["bash", "-c", environment + script], cwd=folder, capture_output=True, check=True).stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", INPUTS)
def test_a_job_gives_the_same_in_process_through_pipes_and_as_filters(folder, name):
    path, inputs = str(JOBS / f"{name}.py"), INPUTS[name]
    parts, stderr = run(folder, path, inputs=inputs)
    piped, piped_stderr = run(folder, path, "--no-in-process", inputs=inputs)
    assert parts == piped and counters(stderr) == counters(piped_stderr)
    if name != "unique_users":  # whose answer is by task
        one, _ = run(folder, path, "-D", "mapreduce.job.reduces=1", inputs=inputs)
        assert sorted(one.splitlines()) == sorted(as_filters(folder, name).splitlines())
    assert parts.strip(b"\n-")


@pytest.mark.slow
def test_numbers_sort_by_value(folder):
    parts, _ = run(folder, str(JOBS / "numbers.py"), inputs=["numbers.txt"])
    assert [float(line.split(b"\t")[0]) for line in parts.splitlines()] == [-20, -1.5, 0.25, 9, 10, 1000]


FAILING = """
from streamtools import Job
job = Job(value=int)
@job.map
def words(line):
    print("seen", line)
    job.count("my", "lines")
    yield line, {value}
@job.reduce
def total(word, counts):
    yield word, sum(counts)
if __name__ == "__main__":
    job.main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("value", ["1 / 0", "'x'", "exit(3)", "1"])
def test_failures_and_prints_are_the_same_both_ways(folder, value):
    (folder / "failing.py").write_text(FAILING.format(value=value))
    said = []
    for options in ([], ["--no-in-process"]):
        status = 0 if value == "1" else 1
        parts, stderr = run(folder, "failing.py", *options, status=status)
        lines = [line for line in stderr.splitlines() if "replay" not in line and " records in, " not in line]
        said.append((parts, sorted(re.sub(r"local\d+", "local", line) for line in lines)))
    assert said[0] == said[1]


@pytest.mark.slow
def test_a_file_that_is_not_a_job_is_refused(folder):
    (folder / "script.py").write_text("print(1)\n")
    _, stderr = run(folder, "script.py", status=65)
    assert "is not the file of a job" in stderr


HANGING = """
import signal
from streamtools import Job
job = Job(value=int)
@job.map
def wait(line):
    while line == "hang":
        try:
            signal.pause()
        except Exception:
            pass
    yield line, 1
if __name__ == "__main__":
    job.main()
"""


@pytest.mark.slow
def test_a_function_that_hangs_is_ended_as_a_command_is(folder):
    (folder / "hanging.py").write_text(HANGING)
    (folder / "text.txt").write_text("a\nhang\n")
    told = []
    for options in ([], ["--no-in-process"]):
        _, stderr = run(folder, "hanging.py", "-D", "mapreduce.task.timeout=200", *options, status=1)
        told.append(next(line for line in stderr.splitlines() if "map task 0" in line))
        if not options:
            assert "text.txt:2: failed at 'hang'" in stderr and "signal.pause()" in stderr
    assert told[0] == told[1] and "no sign of life for 0.2 seconds" in told[0]


DIVIDING = """
import json
from streamtools import Job
job = Job(value=int)
def size(text):
    return len(json.loads(text))
@job.map
def sizes(line):
    yield line, size(line)
if __name__ == "__main__":
    job.main()
"""


@pytest.mark.slow
def test_replay_opens_the_debugger_where_a_function_failed(folder, monkeypatch):
    """In the user's frame, though the json module raises it (streamtools.api.debugging)."""
    monkeypatch.setenv("TMPDIR", str(folder))
    (folder / "dividing.py").write_text(DIVIDING)
    (folder / "text.txt").write_text("[1]\n[1,2\n")
    _, stderr = run(folder, "dividing.py", status=1)
    kept = re.search(r"--replay (\S+)", stderr)[1]
    command = [BIN / "st-run", "--replay", kept, "--pdb"]
    done = subprocess.run(command, input="p text\nup\np line\ndown\ndown\nq\n", capture_output=True, text=True)
    assert "dividing.py(6)size()" in done.stdout and done.stdout.count("'[1,2'") == 2
    assert "*** Newest frame" in done.stdout
    assert "text.txt:2: failed at '[1,2'" in done.stderr and done.returncode == 1


@pytest.mark.slow
def test_the_debugger_is_for_functions(folder, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(folder))
    done = subprocess.run(
        [BIN / "st-run", "-input", "text.txt", "-output", "out", "-mapper", "false"],
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    kept = re.search(r"--replay (\S+)", done.stderr)[1]
    done = subprocess.run([BIN / "st-run", "--replay", kept, "--pdb"], capture_output=True, text=True)
    assert "--pdb: `false` is not a function of a Job" in done.stderr and done.returncode == 64
    done = subprocess.run([BIN / "st-run", "--pdb", "-input", "text.txt"], capture_output=True, text=True)
    assert "--pdb: needs a failed task" in done.stderr and done.returncode == 64
