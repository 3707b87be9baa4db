"""streamtools.start: signals while a tool loads and while Python ends, and an exit status that stays."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from places import BIN, ROOT

SITE = """
import atexit, os, sys

def send():
    os.kill(os.getpid(), int(os.environ["SIGNAL"]))

class Finder:
    def find_spec(name, path=None, target=None):
        if name == os.environ["MOMENT"]:
            send()

sys.meta_path.insert(0, Finder)
if os.environ["MOMENT"] == "exit":
    atexit.register(send)
"""
CONSOLE = Path(sys.executable).parent
COMMANDS = {
    "checkout": [str(BIN / "st-map")],
    "installed": [str(CONSOLE / "st-map")],
    "module": [sys.executable, "-m", "streamtools", "st-map"],
}


@pytest.fixture
def run(tmp_path):
    """Return a function that runs `st-map words`, and sends it a signal when it imports a module, or at its exit."""
    (tmp_path / "sitecustomize.py").write_text(SITE)

    def run(way: str, number: int, moment: str, before=None) -> "subprocess.CompletedProcess[bytes]":
        if not os.path.exists(COMMANDS[way][0]):
            pytest.skip("streamtools is not installed beside this Python")
        path = f"{CONSOLE}:{os.environ['PATH']}"
        added = {"PYTHONPATH": f"{tmp_path}:{ROOT}", "SIGNAL": str(int(number)), "MOMENT": moment, "PATH": path}
        return subprocess.run(
            [*COMMANDS[way], "words"],
            input=b"a\n",
            capture_output=True,
            env=os.environ | added,
            preexec_fn=before or (lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)),
        )

    return run


@pytest.mark.parametrize("moment", ["streamtools.cli", "click", "streamtools.mappers.text", "exit"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("way", COMMANDS)
def test_a_signal_ends_a_tool_without_a_word(run, way, number, moment):
    done = run(way, number, moment)
    assert (done.returncode in (-number, 128 + number), done.stderr) == (True, b"")


@pytest.mark.parametrize("moment", ["click", "exit"])
def test_a_signal_that_is_ignored_stays_so(run, moment):
    done = run("checkout", signal.SIGINT, moment, lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"a\t1\n", b"")


@pytest.mark.parametrize("argument", ["--help", "no-such-mapper"])
@pytest.mark.parametrize("buffering", ["", "1"])
def test_nobody_who_reads_stderr_changes_no_status(argument, buffering):
    """Python ends with status 120 if what it holds back for stderr cannot be written."""
    words = [sys.executable, BIN / "st-map", argument]
    environment = os.environ | {"PYTHONUNBUFFERED": buffering}
    right = subprocess.run(words, capture_output=True, env=environment).returncode
    with open("/dev/full" if os.path.exists("/dev/full") else os.devnull, "wb") as full:
        done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=full, env=environment)
    assert done.returncode == right
    ours, theirs = os.pipe()
    os.close(ours)
    with open(theirs, "wb") as broken:
        done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=broken, env=environment)
    assert done.returncode == right
