"""The command line of Hadoop Streaming: which options are taken, and their values."""

import pytest

from streamtools.job import CommandLine, parse

BASIC = ["-input", "in", "-output", "out", "-mapper", "cat"]


GENERIC = [
    (["-D", "a=b"], [("D", "a=b")]),
    (["-Da=b"], [("D", "a=b")]),
    (["-D=a=b"], [("D", "a=b")]),
    (["-files=x,y"], [("files", "x,y")]),
    (["--files", "x"], [("files", "x")]),
    (["-D", '"a=b c"'], [("D", "a=b c")]),
]


@pytest.mark.parametrize("words, options", GENERIC)
def test_generic_options_come_first(words, options):
    assert list(parse([*words, *BASIC]).generic) == options


STREAMING = [
    (["-input", "a", "b", "-mapper", "x"], "input", ["a", "b"]),
    (["-input", "a", "-D", "x=1", "-mapper", "x"], "input", ["a", "-D", "x=1"]),
    (["-input", "a", "-input", "b"], "input", ["a", "b"]),
    (["-mapper", "one", "-mapper", "two"], "mapper", ["one", "two"]),
    (["-mapper", "-x"], "mapper", ["-x"]),
    (["-mapper", '"cat -n"'], "mapper", ["cat -n"]),
    (["-mapper", 'a "b"'], "mapper", ['a "b"']),
    (["-cmdenv", "A=1", "-cmdenv", "B=2"], "cmdenv", ["A=1", "B=2"]),
    (["-lazyOutput", "-input", "a"], "lazyOutput", []),
]


@pytest.mark.parametrize("words, option, values", STREAMING)
def test_streaming_options_take_values_up_to_the_next_known_option(words, option, values):
    assert list(parse(words).streaming[option]) == values


@pytest.mark.parametrize(
    "words",
    [
        ["--", *BASIC],
        ["-", *BASIC],
        ["-input", "--", "in", "-output", "out", "-mapper", "--", "cat"],
        ["-D", "mapreduce.job.name=x", "--", *BASIC, "--"],
    ],
)
def test_two_dashes_fall_away(words):
    assert parse(words).streaming == parse(BASIC).streaming


def test_a_changed_copy_leaves_the_command_line_as_it_is():
    line = parse(["-D", "a=1", *BASIC, "-numReduceTasks", "2", "-jobconf", "b=1"])
    changed = line.with_property("a", "2").with_option("input", "x", "y").without_option("jobconf")
    assert (changed.generic, changed.all("input")) == ((("D", "a=1"), ("D", "a=2")), ("x", "y"))
    assert not changed.has("jobconf") and changed.has("jobconf", "mapper")
    assert (line.generic, line.all("input"), line.all("jobconf")) == ((("D", "a=1"),), ("in",), ("b=1",))
    with pytest.raises(TypeError):
        line.streaming["input"] = ("z",)


def test_a_command_line_may_ask_for_help():
    assert parse(["-help"]).asks_for_help and parse(["-info", "word"]).asks_for_help
    assert not parse(BASIC).asks_for_help and CommandLine("dumptb", words=("a",)).words == ("a",)
