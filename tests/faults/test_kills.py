"""Killed at any moment: nothing runs on, nothing is half-written, and --resume comes to the undisturbed result."""

import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import replace

import pytest
from invariants import ENDS_WELL, check, check_manners, check_nothing_is_left
from job_trials import STAGES, make_job, read_counters, read_parts, run_undisturbed, write_lines
from trials import Trial, children, finish, has_open, send, wait_until

ENDING = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT]
STATUSES = {number: {-number, 128 + number} for number in (*ENDING, signal.SIGHUP)}  # to a shell they are the same


def kill(trial: Trial, process: "subprocess.Popen[bytes]", target: str, number: int) -> None:
    """Send a signal to the main process, to one of its workers, to a command of theirs, or to all at once."""
    if target == "group":
        for pid in trial.processes():
            send(pid, number)
        return
    workers = children(process.pid)
    commands = [pid for worker in workers for pid in children(worker)]
    among = {"main": [process.pid], "worker": workers, "command": commands}[target]
    if among:
        send(trial.rng.choice(among), number)


@pytest.mark.cases(4)
@pytest.mark.parametrize("target", ["main", "worker", "command", "group"])
def test_a_job_that_is_killed_goes_on(trial, case, target):
    number = trial.rng.choice(ENDING) if target in ("main", "group") else signal.SIGKILL
    job = make_job(trial, trial.rng.choice(STAGES))
    began = time.monotonic()
    parts, counters = run_undisturbed(trial, job)
    lasts = time.monotonic() - began
    for kills in range(trial.rng.randrange(1, 4)):
        words = [*job, "--resume"] if kills else job
        process = trial.start(words)
        assert wait_until(lambda p=process: p.poll() is not None or has_open(p.pid, trial.tmp))  # it is at work
        time.sleep(trial.rng.uniform(0, 0.7) * lasts)  # any moment will do: what follows holds after each
        kill(trial, process, target, number)
        ran = finish(process, words)
        ended = STATUSES[number] if target in ("main", "group") else set()
        check_manners(ran, {0, 1, *ended}, lines=None)
        assert not (left := trial.wait_for_processes()), f"{len(left)} processes run on"
        if (result := read_parts(trial.here / "out")) is not None or ran.status == 0:  # the signal came too late
            assert result == parts
            check_nothing_is_left(trial, ("st-run-*",) if ran.status else ())
            return
    ran = trial.run([*job, "--resume"])
    check(trial, ran, ENDS_WELL, read_parts(trial.here / "out"), [parts])
    assert ran.status == 0 and read_counters(ran) == counters


@pytest.mark.cases(3)
def test_a_stuck_command_ends_with_the_main_process(trial, case):
    job = [*make_job(trial, ["-mapper", "sh stuck.sh", "-reducer", "NONE"])]
    stuck = [
        "touch stuck; exec sleep 1000",
        "touch stuck; sleep 1000; true",
        "trap '' TERM INT HUP; touch stuck; sleep 1000",
    ]
    (trial.here / "stuck.sh").write_text(stuck[case % 3])
    process = trial.start(job)
    assert wait_until((trial.here / "stuck").exists)
    process.kill()
    process.wait()  # and not for the end of its pipes, which what it leaves behind may hold
    for pipe in filter(None, (process.stdout, process.stderr)):
        pipe.close()
    assert not (left := trial.wait_for_processes()), f"{len(left)} processes run on"
    (trial.here / "stuck.sh").write_text("exec cat")
    ran = trial.run([*job, "--resume"])
    check(trial, ran, ENDS_WELL, None, [None])


SCRATCH = {  # tools while they have a folder that no later run looks for
    "st-run --stdout": ["st-run", "--quiet", "--stdout", "-input", "in", "-mapper", "slow.sh", "-reducer", "slow.sh"],
    "st-run --stdout, shipping": [
        *("st-run", "-files", "in#linked", "--quiet", "--stdout", "-input", "in", "-mapper", "slow.sh"),
        *("-reducer", "NONE"),
    ],
    "st-run --plan": ["st-run", "--plan", "-input", "in", "-output", "out", "-mapper", "slow.sh", "-reducer", "NONE"],
    "st-run --plan --nodes": [
        *("st-run", "--plan", "--nodes", "2", "--cores", "2", "-input", "in", "-output", "out"),
        *("-mapper", "slow.sh", "-reducer", "NONE"),
    ],
    "st-hadoop jar": [
        *("st-hadoop", "jar", "hadoop-streaming.jar", "-files", "slow.sh", "-input", "in", "-output", "out"),
        *("-mapper", "slow.sh"),
    ],
}


@pytest.mark.cases(2)
@pytest.mark.parametrize("name", SCRATCH)
def test_what_a_killed_tool_has_left_is_cleared_away_by_the_next(trial, name):
    make_job(trial, STAGES[0])
    environment = {}
    if name == "st-hadoop jar":
        environment["STREAMTOOLS_DFS"] = str(trial.here / "dfs")
        trial.run(["st-hadoop", "fs", "-mkdir", "-p", "."], **environment)
        trial.run(["st-hadoop", "fs", "-put", "in", "in"], **environment)
    words = SCRATCH[name]
    process = trial.start(words, **environment)
    assert wait_until(lambda: process.poll() is not None or list(trial.tmp.glob("st-*-tmp-*/lock")))
    time.sleep(trial.rng.uniform(0, 0.3))
    process.kill()
    finish(process, words)
    assert not trial.wait_for_processes()
    ran = trial.run(["st-run", "--quiet", "--stdout", "-input", "in", "-mapper", "cat", "-reducer", "NONE"])
    check_manners(ran, {0})
    left = os.listdir(trial.tmp)
    assert not [each for each in left if "-tmp-" in each]
    assert left == [] or name == "st-hadoop jar"  # whose output was begun
    assert not os.path.lexists(trial.here / "linked")


def test_a_killed_job_for_stdout_gives_the_right_result_when_it_is_run_again(trial):
    job = make_job(trial, STAGES[0], "--stdout", "--quiet")
    words = [word for word in job if word not in ("-output", "out")]
    right = trial.run(words).stdout
    process = trial.start(words)
    assert wait_until(lambda: os.listdir(trial.tmp) or process.poll() is not None)
    process.kill()
    finish(process, words)
    ran = trial.run(words)
    check(trial, ran, ENDS_WELL, ran.stdout, [right])


@pytest.mark.cases(2)
def test_what_a_killed_job_keeps_for_resume_can_be_removed(trial):
    """It is listed with its command, and what another job uses is not touched."""
    job = make_job(trial, STAGES[0])
    process = trial.start(job)
    assert wait_until(lambda: process.poll() is not None or list(trial.tmp.glob("st-run-*/began")))
    time.sleep(trial.rng.uniform(0, 0.3))
    process.kill()
    finish(process, job)
    assert not trial.wait_for_processes()
    other = [word if word != "out" else "other" for word in job]
    running = trial.start(other)
    assert wait_until(lambda: running.poll() is not None or list(trial.here.glob("other/_temporary")))
    ran = trial.run(["st-run", "--clean"])
    check_manners(ran, {0})
    (number,) = re.findall(rb"process (\d+): st-run --jobs 2 .* -output out ", ran.stdout)
    assert int(number) == process.pid and b" for --resume\n" in ran.stdout
    assert finish(running, other).status == 0 and read_parts(trial.here / "other") is not None
    assert os.listdir(trial.tmp) == []


def test_a_refusal_names_the_process_that_writes_the_output(trial):
    job = make_job(trial, ["-mapper", "sh stuck.sh", "-reducer", "NONE"])
    (trial.here / "stuck.sh").write_text("touch stuck; exec sleep 1000")
    process = trial.start(job)
    assert wait_until((trial.here / "stuck").exists)
    ran = trial.run([*job, "--resume"])
    assert ran.status == 5 and f"(process {process.pid}: st-run --jobs 2 " in ran.told
    process.terminate()
    finish(process, job)


FILTERS = {
    "st-sort": ["st-sort", "-S", "1M", "-o", "sorted", "in"],
    "st-sort over its input": ["st-sort", "-S", "1M", "-o", "in", "in"],
    "st-pack": ["st-pack", "-q", "-o", "sorted", "--size", "100K", "--codec", "gz", "in"],
    "st-cat": ["st-cat", "in"],
}


@pytest.mark.cases(4)
@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_that_is_killed_leaves_nothing(trial, case, name):
    words = FILTERS[name]
    before = write_lines(trial.here / "in", trial.rng, 150_000)
    process = trial.start(words, stdout=subprocess.DEVNULL)
    assert wait_until(lambda: process.poll() is not None or has_open(process.pid, trial.here / "in"))
    time.sleep(trial.rng.uniform(0, 0.4))
    number = [*ENDING, signal.SIGHUP][case % 4]
    process.send_signal(number)
    ran = finish(process, words)
    check_manners(ran, {0, *STATUSES[number]})
    assert not trial.wait_for_processes()
    if name == "st-pack" and ran.status != 0:
        ran = trial.run([*words, "--resume"])
        check_manners(ran, {0})
    if name == "st-pack":
        assert trial.run(["st-cat", "sorted"]).stdout == before
    else:
        assert set(os.listdir(trial.here)) - {"sorted"} == {"in"}
        names = [each for each in ("in", "sorted") if (trial.here / each).exists()]
        records = sorted(before.split(b"\n"))
        assert all(sorted((trial.here / each).read_bytes().split(b"\n")) == records for each in names)
    check_nothing_is_left(trial)


TOOLS = {
    "st-cat": [],
    "st-sort": [],
    "st-map": [],
    "st-reduce": [],
    "st-pack": ["-q", "-o", "packed", "-"],
    "st-run": ["-input", "in", "-output", "out", "-mapper", "cat"],
    "st-hadoop": ["fs", "-ls", "in"],
}
OURS = b"import 'checkout'"  # Python says so when it has imported what each tool imports first


@pytest.mark.cases(2)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("tool", TOOLS)
def test_a_signal_while_a_tool_starts(trial, case, tool, number):
    """Python tells what it imports, so the signal comes at an import and not at a time."""
    write_lines(trial.here / "in", trial.rng, 100)
    words = [tool, *TOOLS[tool]]
    imports = trial.run(words, b"", PYTHONVERBOSE="1").stderr.partition(OURS)[2].count(b"\nimport '")
    wanted = trial.rng.randrange(imports)
    for made in ("packed", "out"):
        shutil.rmtree(trial.here / made, ignore_errors=True)
    process = trial.start(words, stdin=subprocess.PIPE, PYTHONVERBOSE="1")
    assert process.stderr
    seen = b""
    for line in process.stderr:
        seen = line if line.startswith(OURS) else seen + line
        wanted -= OURS in seen and line.startswith(b"import '")
        if wanted < 0:
            break
    process.send_signal(number)
    ran = finish(process, words, b"")
    told = [
        line for line in (seen + ran.stderr).partition(OURS)[2].splitlines(True)[1:] if not is_about_an_import(line)
    ]
    check_manners(replace(ran, stderr=b"".join(told)), {0, *STATUSES[number]})


def is_about_an_import(line: bytes) -> bool:
    """Return whether PYTHONVERBOSE has made Python say a line."""
    return line.startswith((b"import ", b"# "))
