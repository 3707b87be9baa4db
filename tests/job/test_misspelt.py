"""Misspelt options are told, once a command line is refused; Hadoop's parser has swallowed some of them before."""

import pytest

from streamtools.job import explain_words

OURS = ("--jobs", "--retries", "--quiet", "--overwrite")
WORDS = {  # a command line -> what is said
    "-input in \u2013mapper cat -output out": "\u2013mapper begins with a dash from a web page; type -mapper",
    "-input in -output out \u2014mapper cat": "\u2014mapper begins with a dash from a web page; type -mapper",
    "-input in -output out \u2212\u2212jobs 3": "\u2212\u2212jobs begins with a dash from a web page; type --jobs",
    "\u2013overwrite -input in": "\u2013overwrite begins with a dash from a web page; type --overwrite",
    "-input in -output out -maper cat": "did you mean -mapper?",
    "-input in -output out -redcer cat": "did you mean -reducer?",
    "-input in -quiet -output out": "did you mean --quiet?",
    "-input in -output out --retires 3": "did you mean --retries?",
    "-input in -output out -numReduceTask 3": "did you mean -numReduceTasks?",
    "-input nowhere -output out -mapper cat": "",
    "-input in -output out -xyzzy": "",
    "-Dx=y -D a=b -input - -output out": "",
}


@pytest.mark.parametrize("line", WORDS)
def test_misspelt_options(line):
    assert explain_words(line.split(), OURS) == WORDS[line]


@pytest.mark.parametrize("name", ["mapper", "input", "D", "files", "cmdenv"])
def test_what_hadoop_knows_is_never_told(name):
    assert explain_words([f"-{name}", f"--{name}"], OURS) == ""


def test_it_is_said_with_the_refusal(folder, capfd):
    from streamtools.cli import run
    from streamtools.cli.st_run import st_run

    (folder / "in").write_text("a\n")
    assert run(st_run, ["-input", "in", "-output", "out", "-maper", "cat"]) == 1
    assert "st-run: Unrecognized option: -maper; did you mean -mapper?\n" in capfd.readouterr().err
    assert run(st_run, ["-input", "in", "\u2013mapper", "-output", "out"]) == 5
    assert "/\u2013mapper; \u2013mapper begins with a dash" in capfd.readouterr().err
