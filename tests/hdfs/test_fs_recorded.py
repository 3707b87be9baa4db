"""The commands of commands.txt, one after another, say what the real `hadoop fs` said to them (recorded.txt).

They run twice: on the machine's own files, as they were recorded, and on a directory that stands for HDFS.
"""

import os
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import fs_tree
import pytest
from fs_record import plain

from streamtools.hdfs import Context, FileSystem, run
from streamtools.launch.hadoop_command.hadoop_fs import decode_as_text

HERE = Path(__file__).parent


class Said(NamedTuple):
    command: str
    status: int
    out: str
    err: str


def recorded() -> list[Said]:
    blocks = re.findall(
        r"^\$ (.*?)\n\[(\d+)\]\n(.*?)-- stderr\n(.*?)--$", (HERE / "recorded.txt").read_text(), re.DOTALL | re.MULTILINE
    )
    return [Said(command, int(status), out, err) for command, status, out, err in blocks]


RECORDED = recorded()


def say(fs: FileSystem, folder: str, command: str) -> Said:
    """What our shell says to a command, in the terms of recorded.txt."""
    out: list[bytes] = []
    err: list[bytes] = []
    context = Context(fs, FileSystem.local(fs.hdfs), [], decode_as_text)
    status = run(context, command.replace("DIR", folder).split(" "), out.append, err.append)
    said = (plain(b"".join(data).decode().replace(folder, "DIR")) for data in (out, err))
    return Said(command, status, *said)


@pytest.fixture(scope="module", params=["local", "hdfs"])
def answers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Said]]:
    """What our shell says to all commands."""
    root = tmp_path_factory.mktemp("dfs").resolve()
    fs = FileSystem.of(str(root), "ann") if request.param == "hdfs" else FileSystem.local()
    home = root / "user" / "ann"
    home.mkdir(parents=True, exist_ok=True)
    fs_tree.make(home)
    before, mask = os.getcwd(), os.umask(0o022)
    zone = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    os.chdir(home)  # relative paths mean the same files on both sides of -put and -get
    try:
        if not fs.base:
            fs = FileSystem.local()
        yield [say(fs, "/user/ann" if fs.base else str(home), said.command) for said in RECORDED]
    finally:
        os.chdir(before)
        os.umask(mask)
        os.environ.pop("TZ") if zone is None else os.environ.update(TZ=zone)
        time.tzset()


def test_the_record_is_of_the_commands():
    assert [said.command for said in RECORDED] == (HERE / "commands.txt").read_text().splitlines()


@pytest.mark.parametrize("number", range(len(RECORDED)), ids=[said.command for said in RECORDED])
def test_a_command_says_what_hadoop_says(answers, request, number):
    theirs, ours = RECORDED[number], answers[number]
    if request.node.callspec.params["answers"] == "hdfs":
        if "file://" in theirs.command:
            pytest.skip("is about the machine's own files")
        theirs = theirs._replace(err=theirs.err.replace("file:", "hdfs:"))
    assert ours.status == theirs.status
    assert in_order(ours.command, ours.out) == in_order(theirs.command, theirs.out)
    lines = 1 if theirs.status == 255 else None  # the first line; what follows lists all commands
    assert sorted(one_slash(ours.err)[:lines]) == sorted(one_slash(theirs.err)[:lines])


def one_slash(text: str) -> list[str]:
    """Lines of errors; Java writes the same URI as file:/x and file:///x."""
    return re.sub(r"(file|hdfs):(//)?DIR", r"\1:DIR", text).split("\n")


def in_order(command: str, text: str) -> str:
    """What was said; where the local file system gives no order, sorted, as HDFS gives it."""
    return "\n".join(sorted(text.split("\n"))) if re.match(r"-(ls -R|lsr|du|find)\b", command) else text


def test_nothing_is_left_of_copies(answers):
    assert answers
    assert not list(Path.cwd().rglob("*._COPYING_"))
    assert stat.S_ISDIR(os.stat("d2").st_mode)
