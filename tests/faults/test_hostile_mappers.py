"""Mappers that misbehave: the job ends in time, with the right result or a failure in words, and leaves no process."""

import os
import pty
import signal
from contextlib import suppress

import pytest
from invariants import ENDS_WELL, JOB, check, check_nothing_is_left
from job_trials import read_parts
from trials import Trial, finish, wait_until

RIGHT = {"part-00000": b"a\t1\nb\t2\n"}
END_WELL = {  # scripts with the lines that they are to give
    "no line end": ("printf 'a\\t1\\nb\\t2'", RIGHT),
    "NUL bytes": ("printf 'a\\0\\t\\0\\n'", {"part-00000": b"a\0\t\0\n"}),
    "odd bytes": ("printf '\\377\\033\\t\\n\\n'", {"part-00000": b"\xff\x1b\t\n\t\n"}),
    "reads nothing": ("exec </dev/null; printf 'a\\t1\\nb\\t2\\n'", RIGHT),
    "closes stderr": ("exec 2>&-; cat", RIGHT),
    "closes stdout early": ("cat; exec >&-; sleep 0.1", RIGHT),
    "stderr without an end of line": ("head -c 30000000 /dev/zero | tr '\\0' x >&2; cat", RIGHT),
    "stderr of empty lines": ("head -c 300000 /dev/zero | tr '\\0' '\\n' >&2; cat", RIGHT),
    "a child holds stdout": ("sleep 1000 & cat", RIGHT),
    "a child in its own session": ("setsid sleep 1000 >/dev/null 2>&1 </dev/null & cat", RIGHT),
    "a grandchild in its own session": ("(setsid sh -c 'sleep 1000; true' >/dev/null 2>&1 &) & cat", RIGHT),
    "a child that holds stderr": ("setsid sleep 1000 >/dev/null & cat", RIGHT),
    "a child that ignores SIGTERM": ("sh -c \"trap '' TERM HUP INT; sleep 1000; sleep 1000\" >/dev/null & cat", RIGHT),
}
FAIL = {
    "exits early": "exit 3",
    "kills its worker": "kill -9 $PPID; sleep 1000",
    "kills its group": "kill -9 0",
    "terminates itself": "kill -TERM $$",
    "closes all its pipes": "exec <&- >&- 2>&-; exec sleep 1000",
    "times out": "setsid sleep 1000 >/dev/null 2>&1 & sleep 1000",
    "times out and ignores SIGTERM": "trap '' TERM; while true; do sleep 1000; done",
    "stops itself": "kill -STOP $$",
    "is not there": "exec /nonexistent/program",
    "too many counters": "n=0; while [ $n -lt 200 ]; do n=$((n+1)); echo reporter:counter:g,c$n,1 >&2; done; cat",
}


def run_mapper(trial: Trial, text: str, *options: str):
    """Run a job whose mapper is this script."""
    (trial.here / "in").write_bytes(b"a\t1\nb\t2\n")
    (trial.here / "m.sh").write_text(f"{text}\n")
    words = ["st-run", *options, "-D", "mapreduce.task.timeout=1500", "-input", "in", "-output", "out"]
    return [*words, "-mapper", "sh m.sh", "-reducer", "NONE"]


@pytest.mark.parametrize("name", END_WELL)
def test_the_right_result(trial, name):
    text, right = END_WELL[name]
    ran = trial.run(run_mapper(trial, text))
    check(trial, ran, ENDS_WELL, read_parts(trial.here / "out"), [right])


STUCK = "sleep 1000 & cat"
STAGES = {
    "mapper": ["-mapper", "sh m.sh", "-reducer", "cat"],
    "combiner": ["-mapper", "cat", "-combiner", "sh m.sh", "-reducer", "cat"],
    "reducer": ["-mapper", "cat", "-reducer", "sh m.sh"],
}


@pytest.mark.parametrize("options", [[], ["--skip-bad", "1"]], ids=["usual", "skip-bad"])
@pytest.mark.parametrize("role", STAGES)
def test_a_child_that_any_stage_leaves(trial, role, options):
    ran = trial.run([*run_mapper(trial, STUCK, *options)[:-4], *STAGES[role]])
    check(trial, ran, ENDS_WELL, read_parts(trial.here / "out"), [RIGHT])
    assert f"ended `sleep 1000`, which the {role} had left behind" in ran.told


def test_a_child_that_a_replay_leaves(trial):
    ran = trial.run(run_mapper(trial, "sleep 1000 & sleep 1000 2>&- & cat; exit 3"))
    assert ran.status == 1
    folder = next(trial.tmp.glob("st-run-*/replay-*"))
    ran = trial.run(["st-run", "--replay", str(folder)])
    assert (ran.status, (folder / "stdout").read_bytes()) == (3, b"a\t1\nb\t2\n"), ran.told
    check_nothing_is_left(trial, ("st-run-*",))


@pytest.mark.parametrize("name", FAIL)
def test_a_failure(trial, name):
    ran = trial.run(run_mapper(trial, FAIL[name]))
    check(trial, ran, JOB, read_parts(trial.here / "out"), [])
    assert ran.status == 1


@pytest.mark.cases(15)
def test_lines_for_the_reporter(trial):
    pieces = [
        b"reporter:",
        b"counter:",
        b"status:",
        b",",
        b"g",
        b"1",
        b"-9",
        b"9" * 30,
        b"\xff",
        b"\0",
        b"\n",
        b"\r",
        b" ",
        b"",
    ]
    garbage = b"".join(trial.rng.choice(pieces) for _ in range(40))
    (trial.here / "garbage").write_bytes(b"reporter:counter:" + garbage + b"\nreporter:status:" + garbage)
    ran = trial.run(run_mapper(trial, "cat garbage >&2; cat", "--quiet"))
    assert ran.status == 0, ran.told
    assert read_parts(trial.here / "out") == RIGHT
    check_nothing_is_left(trial)


@pytest.mark.cases(6)
@pytest.mark.parametrize("io", ["typedbytes", "rawbytes"])
def test_binary_records_that_are_none(trial, io):
    size = trial.rng.randrange(1, 40)
    (trial.here / "garbage").write_bytes(
        trial.rng.choice([trial.rng.randbytes(size), b"\x07" + b"\x7f" * size, b"\xff" * size])
    )
    job = run_mapper(trial, "cat >/dev/null; cat garbage", "-D", f"stream.map.output={io}")
    ran = trial.run(job)
    check(trial, ran, JOB, None, [None])


@pytest.mark.cases(2)
def test_a_job_ends_its_mapper_that_ignores_signals(trial):
    words = run_mapper(trial, "trap '' TERM INT HUP; touch began; while true; do sleep 1000; done")
    process = trial.start(words)
    assert wait_until((trial.here / "began").exists)
    process.send_signal(trial.rng.choice([signal.SIGTERM, signal.SIGINT]))
    ran = finish(process, words)
    assert ran.status in (130, 143), ran.told
    check_nothing_is_left(trial, ("st-run-*",))


TITLE = "\\033]0;owned\\007"
ON_A_TERMINAL = {
    "words": f"printf 'bad {TITLE}\\n' >&2; exit 3",
    "counter": f"printf 'reporter:counter:{TITLE},c,1\\n' >&2; cat",
    "status": f"printf 'reporter:status:{TITLE}\\n' >&2; sleep 0.3; cat",
}


@pytest.mark.parametrize("name", ON_A_TERMINAL)
def test_control_characters_do_not_reach_the_terminal(trial, name):
    words = run_mapper(trial, ON_A_TERMINAL[name])
    ours, theirs = pty.openpty()
    process = trial.start(words, before=lambda: os.dup2(theirs, 2))
    os.close(theirs)
    shown = []
    with suppress(OSError):  # EIO at the end
        while piece := os.read(ours, 1 << 16):
            shown.append(piece)
    os.close(ours)
    finish(process, words)
    assert b"\x1b]0;owned" not in b"".join(shown)
