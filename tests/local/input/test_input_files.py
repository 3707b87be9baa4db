"""Input paths by Hadoop's rules."""

import os

import pytest

from streamtools.job import Refused, build_job, parse
from streamtools.local.input.input_files import input_files

GLOBS = [
    ("in", ["in/a.txt", "in/b.txt", "in/c.log"]),
    ("in/*.txt", ["in/a.txt", "in/b.txt"]),
    ("in/?.log", ["in/c.log"]),
    ("in/[^a].*", ["in/b.txt", "in/c.log"]),
    ("{in/a,other/d}.txt", ["in/a.txt", "other/d.txt"]),
    ("*/[ad].txt", ["in/a.txt", "other/d.txt"]),
    ("in/a.txt,in/a.txt", ["in/a.txt", "in/a.txt"]),
    ("in/", ["in/a.txt", "in/b.txt", "in/c.log"]),
    ("file:PWD/in/a.txt", ["in/a.txt"]),
]


@pytest.fixture
def tree(folder):
    for name in ("in/a.txt", "in/b.txt", "in/c.log", "in/_hidden", "in/.crc", "other/d.txt", "nested/deep/e"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


@pytest.mark.parametrize("pattern, files", GLOBS)
def test_inputs(tree, pattern, files):
    job = build_job(parse(["-input", pattern.replace("PWD", str(tree)), "-output", "out", "-mapper", "cat"]))
    assert [os.path.relpath(path) for path in input_files(job)] == files


NO_INPUT = [
    ("nosuch", "Input path does not exist: file:PWD/nosuch"),
    ("nestde", "Input path does not exist: file:PWD/nestde; did you mean nested?"),
    ("in/_hidden", "Input path does not exist"),
    ("in/*.x", "Input Pattern file:PWD/in/*.x matches 0 files"),
    ("nested", "Not a file: file:PWD/nested/deep"),
    ("in\\,1", "Illegal file pattern: An escaped character does not present"),
    ("in/[a", "Illegal file pattern: Unclosed character class"),
    ("s3://bucket/x", 'No FileSystem for scheme "s3"'),
]


@pytest.mark.parametrize("pattern, message", NO_INPUT)
def test_inputs_that_are_refused(tree, pattern, message):
    with pytest.raises(Refused) as refused:
        input_files(build_job(parse(["-input", pattern, "-output", "out", "-mapper", "cat"])))
    assert message.replace("PWD", str(tree)) in str(refused.value)
    assert refused.value.exit_code == 5
