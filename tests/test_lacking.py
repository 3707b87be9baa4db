"""What a process lacks, in words: files, processes, memory; and what was not for lack of memory."""

import errno
import os
import resource
import signal
import subprocess
import sys

import pytest
from places import BIN

from streamtools.errors import LACKING, with_remedy
from streamtools.exit_status import describe
from streamtools.local.stages.process import NotRunnable, start
from streamtools.local.stages.program import Program
from streamtools.local.tasks.outcome import Failed
from streamtools.records import write_all

REMEDIES = [
    (errno.EMFILE, "ulimit -n"),
    (errno.ENFILE, "the machine has too many open files"),
    (errno.EAGAIN, "ulimit -u"),
    (errno.ENOMEM, "ulimit -v"),
]


def lack(number):
    """Return the error of the system for this number."""
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize(("number", "remedy"), REMEDIES)
def test_the_remedy_fits(number, remedy):
    assert remedy in LACKING[number]
    told = f"{os.strerror(number).lower()}; {LACKING[number]}"
    assert Failed(lack(number)).reason == with_remedy(lack(number)) == told


def test_other_errors_have_no_remedy_of_these():
    assert with_remedy(lack(errno.EIO)) == os.strerror(errno.EIO).lower()


@pytest.mark.parametrize(("number", "remedy"), [*REMEDIES, (errno.EACCES, "its permissions")])
def test_a_command_that_cannot_be_started(monkeypatch, number, remedy):
    def refuse(*_, **__):
        raise lack(number)

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(NotRunnable) as caught:
        start(Program(["cat"], "/bin/cat"), os.environ)
    assert f"error={number}" in caught.value.problem and remedy in caught.value.remedy


@pytest.mark.parametrize("tool", ["st-sort", "st-cat", "st-map"])
def test_no_open_file_left_is_not_said_of_the_output(tool, tmp_path):
    """The limit is below what is open already, so that nothing at all can be opened once the tool has started."""
    (tmp_path / "in.gz").write_bytes(b"")
    code = (
        f"import resource, sys; sys.argv[0] = {tool!r}; from streamtools.cli.{tool.replace('-', '_')} import main\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3)); sys.exit(main())"
    )
    words = [] if tool == "st-map" else ["in.gz"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=tmp_path,
        capture_output=True,
        input=b"a\n",
        env=os.environ | {"PYTHONPATH": str(BIN.parent)},
    )
    told = done.stderr.decode()
    assert "Traceback" not in told and "output" not in told and told.count("\n") <= 1, told
    assert done.returncode == 0 or "raise the limit of open files (ulimit -n)" in told, told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGSEGV, signal.SIGKILL])
def test_only_sigkill_is_said_to_be_for_lack_of_memory(number):
    is_kill = number == signal.SIGKILL
    assert ("memory" in Failed(None, signal=number).reason) == is_kill
    assert ("memory" in describe(128 + number)) == is_kill


@pytest.mark.parametrize("number", ["TERM", "KILL"])
def test_a_task_whose_command_was_killed(tmp_path, number):
    (tmp_path / "in").write_bytes(b"a\n")
    words = ["-input", "in", "-output", "out", "-mapper", f"sh -c 'kill -{number} $$'", "-reducer", "NONE"]
    done = subprocess.run([BIN / "st-run", *words], cwd=tmp_path, capture_output=True)
    assert done.returncode == 1
    assert (b"memory" in done.stderr.partition(b"to try it alone")[0]) == (number == "KILL"), done.stderr


def test_a_job_without_enough_memory_is_not_told_to_take_more(tmp_path):
    (tmp_path / "in").write_bytes(b"a" * 60_000_000 + b"\n")
    words = ["-input", "in", "-output", "out", "-mapper", "cat", "-reducer", "cat"]
    limit = 150 << 20
    done = subprocess.run(
        [BIN / "st-run", "--memory", "2G", *words],
        cwd=tmp_path,
        capture_output=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    told = done.stderr.decode()
    assert done.returncode == 1
    assert "out of memory; lower --memory or --jobs, or raise the limit of the process (ulimit -v)" in told


def test_a_pipe_that_is_full_is_waited_for():
    """Another process may have made the terminal or pipe non-blocking; EAGAIN then says nothing about limits."""
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    block = bytes(1 << 20)
    reader = subprocess.Popen(["wc", "-c"], stdin=ours, stdout=subprocess.PIPE)
    os.close(ours)
    write_all(block, theirs)
    os.close(theirs)
    assert reader.communicate()[0].split() == [b"%d" % len(block)]
