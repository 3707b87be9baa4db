"""Completion in a shell: the candidates for a word, and bash, zsh and fish as a person uses them."""

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import termios
import time
from collections.abc import Iterator

import pytest
from places import BIN

from streamtools.cli import COMPLETING, run, st_cat, st_hadoop, st_map, st_reduce, st_run
from streamtools.cli.completion import complete

COMMANDS = {
    "st-run": st_run.st_run,
    "st-hadoop": st_hadoop.st_hadoop,
    "st-map": st_map.st_map,
    "st-reduce": st_reduce.st_reduce,
    "st-cat": st_cat.command,
}
CANDIDATES = {  # a command line up to the cursor -> candidates for the last word, "..." for more of them
    "st-run --overw": "--overwrite",
    "st-run -redu": "-reducer -reducedebug",
    "st-run -input in --on h": "hadoop",
    "st-run --on=h": "--on=hadoop",
    "st-run -input ": "",
    "st-run -input lo": "",
    "st-run --work-dir ": "",
    "st-run -D mapreduce.job.reduces": "mapreduce.job.reduces=",
    "st-run -Dmapreduce.job.reduces": "-Dmapreduce.job.reduces=",
    "st-run -D mapred.map.ta": "",
    "st-run -D mapreduce.job.reduces = ": "",
    "st-run -io typ": "typedbytes",
    "st-run -partitioner org.apache.hadoop.mapred.lib.K": "org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner",
    "st-run -mapper st-m": "st-map",
    "st-run -combiner st-": "st-combine",
    "st-run -mapper ./": "",
    "st-run --example top": "top-n",
    "st-hadoop ": "jar streaming fs dfs version classpath",
    "st-hadoop streaming -red": "-reducer -reducedebug",
    "st-hadoop fs -to": "-touch -touchz",
    "st-hadoop fs -ls -R -": "-C -d -h ...",
    "st-hadoop fs -cat ": "",
    "st-hadoop jar hadoop-streaming.jar -red": "-reducer -reducedebug",
    "st-hadoop jar ": "",
    "st-map wo": "words",
    "st-map --inv": "",
    "st-map grep --inv": "--invert-match",
    "st-map --li": "--list",
    "st-map --va": "--values --value",
    "st-reduce ": "sum count distinct ...",
    "st-reduce min --on-error ": "fail skip",
    "st-cat --on-error s": "skip-member",
    "st-cat lo": "",
}
IN_QUOTES = {
    "-mapper 'st-map wo": "st-map words",
    '-mapper "st-map fields -k 2 --val': "st-map fields -k 2 --values|st-map fields -k 2 --value",
    "-reducer 'st-reduce ma": "st-reduce max",
    "-combiner 'st-combine co": "",
    "-mapper 'st-reduce ma": "",
    "-mapper 'cat in": "",
    "-mapper 'st-sort --uni": "st-sort --unique",
}


def texts(tool: str, words: list[str]) -> list[str]:
    return [candidate.text for candidate in complete(COMMANDS[tool], words[:-1], words[-1])]


@pytest.mark.parametrize("line", CANDIDATES)
def test_candidates(line):
    tool, *words = line.split(" ")
    found = texts(tool, [word for word in words if word != "="])
    wanted = CANDIDATES[line].split()
    if wanted[-1:] == ["..."]:
        found, wanted = found[: len(wanted) - 1], wanted[:-1]
    assert found == wanted


@pytest.mark.parametrize("line", IN_QUOTES)
def test_candidates_in_quotes(line):
    option, _, current = line.partition(" ")
    assert "|".join(texts("st-run", ["-input", "in", option, current])) == IN_QUOTES[line]


def test_a_tool_answers_a_shell_with_words_and_help(monkeypatch, capfd):
    monkeypatch.setenv(COMPLETING, "1")
    assert run(st_run.st_run, ["--on", "=", "emr"]) == 0
    assert run(st_run.st_run, ["--quie"]) == 0
    assert capfd.readouterr().out == "emr\n--quiet\tshow no progress, counters or summary\n"


SHELLS = {  # how a shell without files of the user is started, and how it gets the script
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$(st-run --completion bash)"'),
    "zsh": (["zsh", "-f", "-i"], 'eval "$(st-run --completion zsh)"'),
    "fish": (["fish", "--no-config", "-i"], "st-run --completion fish | source"),
}


@pytest.fixture
def terminal(request, tmp_path, monkeypatch) -> Iterator[int]:
    """Start a shell in a terminal, in a directory with a file input.txt; return the terminal's descriptor."""
    words, _ = SHELLS[request.param]
    if not shutil.which(words[0]):
        pytest.skip(f"{words[0]} is not installed")
    (tmp_path / "input.txt").touch()
    process, descriptor = pty.fork()
    if not process:
        os.chdir(tmp_path)
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 300, 0, 0))  # wide, so that no line is scrolled
        os.environ.update(PATH=f"{BIN}:{os.environ['PATH']}", TERM="dumb", HOME=str(tmp_path))
        os.execvp(words[0], words)
    yield descriptor
    os.kill(process, signal.SIGKILL)
    os.close(descriptor)
    os.waitpid(process, 0)


def read_until(descriptor: int, text: bytes) -> bytes:
    shown, end = b"", time.monotonic() + 30
    while text not in shown and time.monotonic() < end:
        if select.select([descriptor], [], [], 1)[0]:
            shown += os.read(descriptor, 1 << 16).replace(b"\a", b"")
    assert text in shown, shown
    return shown


@pytest.mark.slow
@pytest.mark.parametrize("terminal, shell", [(name, name) for name in SHELLS], indirect=["terminal"])
def test_what_a_shell_completes(terminal, shell):
    """The line shows that quotes stay, a property has no space behind it, and other words are files."""
    os.write(terminal, SHELLS[shell][1].encode() + b"; echo rea''dy\n")
    read_until(terminal, b"\nready")
    os.write(terminal, b"printf '[%s]' st-run; echo\n")
    read_until(terminal, b"[st-run]")
    for typed, completed in (
        (b"st-run -mapper 'st-map wo\t", b"'st-map words' "),
        (b"-input inp\t", b"input.txt "),
        (b"-D mapreduce.job.reduces\t", b"mapreduce.job.reduces="),
    ):
        os.write(terminal, typed)
        read_until(terminal, completed)
    os.write(terminal, b"2 --overw\t")
    read_until(terminal, b"--overwrite ")
    os.write(terminal, b"\x01printf '[%s]' \x05\n")
    read_until(
        terminal, b"[st-run][-mapper][st-map words][-input][input.txt][-D][mapreduce.job.reduces=2][--overwrite]"
    )
