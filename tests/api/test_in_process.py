"""Jobs through st-run: inside the task's process (streamtools.api.in_process, job_file) and through pipes, alike."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from places import BIN, SAMPLE

JOBS = Path(__file__).parent / "jobs"
RECORDS = [{"user": f"u{number % 3}", "n": number} for number in range(9)]
NUMBERS = "10\n9\n-1.5\n1e3\n0.25\n9\n-20\n"
INPUTS = {
    "word_count": ["text.txt"],
    "unique_users": [str(SAMPLE / "adlog.tsv")],
    "join": [str(SAMPLE / "adlog.tsv"), str(SAMPLE / "sites.tsv")],
    "secondary_sort": [str(SAMPLE / "adlog.tsv")],
    "json_records": ["records.json"],
    "numbers": ["numbers.txt"],
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "text.txt").write_bytes("to be or not to be\n\u00e9t\u00e9 \udcff\n".encode(errors="surrogateescape"))
    (tmp_path / "records.json").write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    (tmp_path / "numbers.txt").write_text(NUMBERS)
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
