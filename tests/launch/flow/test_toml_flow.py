"""Steps in a TOML file: what they become, and mistakes with their lines."""

import re

import pytest
from flows import write_flows

from streamtools.errors import UsageError
from streamtools.job import CommandLine
from streamtools.launch.flow.commands import to_words
from streamtools.launch.flow.counted import Counted, add_up
from streamtools.launch.flow.from_toml.condition import parse_condition
from streamtools.launch.flow.from_toml.toml_flow import describe_flow, read_flow
from streamtools.launch.flow.rounds import Group, group_steps, sources_in_round
from streamtools.launch.flow.step import Flow, Repeat, Source, Step, connect

HEAD = '[parameters]\nwords = 3\nrate = 0.5\nname = { type = "string" }\nfast = { default = false, help = "f" }\n'


def read(folder, text, *given):
    (folder / "f.toml").write_text(text)
    return read_flow("f.toml", given)


def test_all_keys_of_a_step(folder):
    text = """\
D.mapreduce.job.queuename = "q"
env = { A = "1" }
[[step]]
name = "one"
input = ["a", "b"]
mapper = "m"
combiner = "c"
reducer = "r"
partitioner = "p"
reduces = 2
inputformat = "i"
files = ["x", "y#z"]
archives = "t.zip"
D = { "mapreduce.map.memory.mb" = 100 }
env = { B = "2" }
[[step]]
name = "two"
from = "one"
reducer = "r"
files = [{ from = "one", as = "table" }, "w"]
secondary-sort = "2n"
repeat = { until = "g/n < 5", most = 3, replaces = "one" }
"""
    one, two = read(folder, text).steps
    words = "-D mapreduce.job.queuename=q -D mapreduce.map.memory.mb=100 -files x,y#z -archives t.zip"
    words += " -cmdenv A=1 -cmdenv B=2 -mapper m -combiner c -reducer r -partitioner p -inputformat i -numReduceTasks 2"
    assert sorted(to_words(one.line)) == sorted(words.split())
    assert (one.inputs, two.inputs) == ((Source("a"), Source("b")), (Source(step="one"),))
    assert two.files == (Source(step="one", link="table"),)
    assert two.repeat and (two.repeat.most, two.repeat.replaces) == (3, "one")
    assert "-k1,1 -k2,2n" in " ".join(to_words(two.line))


def test_parameters_take_the_place_of_their_names(folder):
    text = HEAD + '[[step]]\nname = "a"\ninput = "{{name}}.txt"\nmapper = "m {{ words }} {{rate}} {{fast}}"\n'
    line = read(folder, text, "name=x=y", "words=10", "fast=true").steps[0]
    assert line.inputs == (Source("x=y.txt"),)
    assert line.line.one("mapper") == "m 10 0.5 true"


GIVEN = [
    (["words=1"], r"f.toml:4: parameter 'name' has no value; give --set name=VALUE"),
    ([], r"f.toml:4: parameter 'name' has no value"),
    (["name=x", "word=1"], r"--set word=1: f.toml has no parameter 'word'; did you mean 'words'\?"),
    (["name=x", "words=1.5"], r"--set words=1.5: words is of type integer; give a whole number"),
    (["name=x", "rate=much"], r"--set rate=much: rate is of type number; give a number"),
    (["name=x", "fast=yes"], r"--set fast=yes: fast is of type boolean; give true or false"),
    (["name"], r"--set name: missing value; write --set name=VALUE"),
]


@pytest.mark.parametrize("given, message", GIVEN)
def test_values_of_parameters_are_checked(folder, given, message):
    with pytest.raises(UsageError, match=message):
        read(folder, HEAD + "[[step]]\nmapper = 'm'\n", *given)


MISTAKES = [  # text, message
    ("", "f.toml: has no steps; write [[step]]"),
    ("[[stepp]]\n", "f.toml:1: unknown key 'stepp'; did you mean 'step'?"),
    ("[[step]]\nmaper = 'm'\n", "f.toml:2: unknown key 'maper'; did you mean 'mapper'?"),
    ("[[step]]\nmapper = 3\n", "f.toml:2: mapper: an integer where a string is expected"),
    ("[[step]]\nname = 'a/b'\n", "f.toml:2: invalid name 'a/b' of a step"),
    ("[[step]]\n\nreduces = 'two'\n", "f.toml:3: 'two' is not a number of reduce tasks"),
    ("[[step]]\nreduces = -1\n", "f.toml:2: '-1' is not a number of reduce tasks"),
    ("[[step]]\nmapper = 'm {{n}}'\n", "f.toml:2: unknown parameter {{n}}; declare it below [parameters]"),
    ("[parameters]\nnn = 1\n[[step]]\nmapper = 'm {{n}}'\n", "f.toml:4: unknown parameter {{n}}; did you mean 'nn'?"),
    ("[parameters]\nn = { type = 'int' }\n[[step]]\n", "f.toml:2: unknown type 'int'; did you mean"),
    ("[parameters]\nn = { type = 'integer', default = 'x' }\n[[step]]\n", "f.toml:2: 'x' is not of type integer"),
    (
        "[parameters]\nn = { required = true, default = 3 }\n[[step]]\n",
        "f.toml:2: parameter 'n' is required, and has a default, which is never used; leave required out",
    ),
    (
        "[parameters]\nn = { required = false }\n[[step]]\n",
        "f.toml:2: parameter 'n' is not required, and has no default",
    ),
    (
        "[parameters]\na = { required = true }\nb = { type = 'integer' }\n[[step]]\n",
        "f.toml:2: parameters 'a' and 'b' have no value; give --set a=VALUE --set b=VALUE",
    ),
    ("[parameters]\nn = []\n[[step]]\n", "f.toml:2: a list cannot be a parameter"),
    ("[[step]]\nrepeat = { most = 3 }\n", "f.toml:2: repeat has no until"),
    ("[[step]]\nrepeat = { until = 'x', most = 3 }\n", "f.toml:2: 'x' is not a condition on a counter"),
    ("[[step]]\nrepeat = { until = 'g/n == 0', most = 0 }\n", "f.toml:2: cannot repeat a step 0 times"),
    ("[[step]]\nrepeat.until = 'g/n == 0'\nrepeat.mots = 1\n", "f.toml:3: unknown key 'mots'; did you mean 'most'?"),
    (
        "[[step]]\nname = 'one'\n[[step]]\nname = 'two'\nrepeat = { until = 'g/n == 0', most = 1, from = 'ones' }\n",
        "f.toml:5: repeat: there is no step 'ones' above; did you mean 'one'?",
    ),
    ("[[step]]\nfiles = [{ as = 'x' }]\n", "f.toml:2: a table in files names no step"),
    ("[[step]]\nfiles = [3]\n", "f.toml:2: files are paths, or tables that name a step"),
    ("[[step]]\nenv = { A = 'a b' }\n", "f.toml:2: the value of A holds a blank"),
    ("[[step]]\nsecondary-sort = '1'\n", "f.toml:2: field 1 belongs to the key"),
    ('[[step]]\nname = "a\nb"\n', "f.toml:2: not valid TOML:"),
]


@pytest.mark.parametrize("text, message", MISTAKES)
def test_a_mistake_is_told_with_its_line(folder, text, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        read(folder, text)


AGAIN = "repeat = { until = 'g/n == 0', most = 2 }"
CONNECTIONS = [  # text, -input, message
    ("[[step]]\n", (), "f.toml:1: step 'step-1' has no input; write it there, or give -input"),
    ("[[step]]\ninput = 'a'\n", ("b",), "-input: the first step of f.toml names its input"),
    ("[[step]]\n[[step]]\nfrom = 'x'\n", ("b",), "f.toml:2: step 'step-2' reads 'x', which is no step before it"),
    ("[[step]]\nfrom = 'step-2'\n[[step]]\n", (), "the first step has none before it"),
    ("[[step]]\nname='a'\n[[step]]\nname='a'\n", ("b",), "f.toml:3: there is another step 'a'"),
    ("[[step]]\nrepeat = { until = 'g/n == 0', most = 2, replaces = 'x' }\n", ("b",), "does not read 'x'"),
    ("[[step]]\ninput = '-input'\n", (), "f.toml:1: step 'step-1' reads -input, which is not given; add -input PATH"),
    (
        f"[[step]]\nname='a'\n{AGAIN}\n[[step]]\nname='b'\n{AGAIN.replace('{', '{from=' + repr('a') + ',')}\n",
        ("x",),
        "f.toml:4: step a cannot be repeated within another repetition",
    ),
    (
        "[[step]]\nname='a'\n[[step]]\nname='b'\n"
        "repeat = { from = 'a', until = 'g/n == 0', most = 2, replaces = 'a' }\n",
        ("x",),
        "f.toml:3: steps a, b do not read 'a', which the output of a round is to replace; name one of x",
    ),
]


@pytest.mark.parametrize("text, inputs, message", CONNECTIONS)
def test_steps_read_what_is_there(folder, text, inputs, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        group_steps(connect(read(folder, text), inputs).steps)


def test_each_step_reads_the_one_before_unless_it_says_otherwise(folder):
    flow = connect(read(folder, "[[step]]\n[[step]]\n[[step]]\ninput='x'\nfrom='step-1'\n"), ["in"])
    one, two, three = (step.inputs for step in flow.steps)
    assert one == (Source("in"),) and two == (Source(step="step-1"),)
    assert three == (Source("x"), Source(step="step-1"))


def before(step, link=""):
    return Source(step=step, link=link, is_of_round_before=True)


ROUNDS = [  # inputs, files, replaces -> inputs and files of the second round
    ([Source("a")], [], "", [before("s")], []),
    ([Source("a"), Source("b")], [], "", [before("s")], []),
    ([Source("a"), Source(step="b")], [], "", [Source("a"), before("s")], []),
    ([Source("a"), Source("b")], [], "b", [Source("a"), before("s")], []),
    ([Source("a")], [Source(step="b", link="t")], "b", [Source("a")], [before("s", "t")]),
    ([Source("a")], [Source(step="b", link="t")], "", [before("s")], [Source(step="b", link="t")]),
]


@pytest.mark.parametrize("inputs, files, replaces, inputs_then, files_then", ROUNDS)
def test_a_repeated_step_reads_its_own_output(inputs, files, replaces, inputs_then, files_then):
    repeat = Repeat(lambda counters, number: False, 5, replaces)
    step = Step("s", CommandLine("streamjob"), tuple(inputs), tuple(files), repeat)
    (group,) = group_steps([step])
    assert sources_in_round(group, step, 1) == (tuple(inputs), tuple(files))
    assert sources_in_round(group, step, 2) == (tuple(inputs_then), tuple(files_then))


def test_steps_that_are_repeated_together(folder):
    text = """\
[[step]]
name = "init"
[[step]]
name = "assign"
input = "-input"
files = { from = "init", as = "centers" }
[[step]]
name = "update"
repeat = { from = "assign", until = "k/moved == 0", most = 9, replaces = "init" }
[[step]]
name = "show"
"""
    init, both, show = group_steps(connect(read(folder, text), ["p", "q"]).steps)
    assert [group.names for group in (init, both, show)] == [["init"], ["assign", "update"], ["show"]]
    assign, update = both.steps
    points = (Source("p"), Source("q"))
    assert sources_in_round(both, assign, 1) == (points, (Source(step="init", link="centers"),))
    assert sources_in_round(both, assign, 2) == (points, (before("update", "centers"),))
    for number in (1, 2):
        assert sources_in_round(both, update, number) == ((Source(step="assign"),), ())
    assert isinstance(show, Group) and show.steps[0].inputs == (Source(step="update"),)


CONDITIONS = [
    ("g/n == 0", 0, True),
    ("g/n==0", 1, False),
    (" g / n < 10", 9, True),
    ("g/n <= 1_000", 1001, False),
    ("g/n >= -5", -5, True),
    ("g/n > 3", 3, False),
    ("g/n != 0", 7, True),
]


@pytest.mark.parametrize("text, amount, holds", CONDITIONS)
def test_conditions(text, amount, holds):
    assert parse_condition(text)(Counted({("g", "n"): amount, ("g", "m"): 99}), 1) is holds


def test_a_counter_has_blanks_or_slashes():
    assert parse_condition("a/b/c d == 1")(Counted({("a/b", "c d"): 1}), 1)
    assert parse_condition("Map-Reduce Framework/Shuffled Maps == 2")(
        Counted({("Map-Reduce Framework", "Shuffled Maps "): 2}), 1
    )


FRAMEWORK = {("Map-Reduce Framework", "Map input records"): 1, ("Job Counters ", "Launched map tasks"): 1}
UNKNOWN = [  # what was counted, what is looked for, remedy
    ({("pagerank", "changed"): 1}, "pagerank/change == 0", "did you mean 'pagerank/changed'?; a step with"),
    ({("a", "x"): 1, ("a", "y"): 1}, "other/n == 0", "use one of a/x, a/y; a step with"),
    ({}, "Map-Reduce Framework/Map input record == 1", "did you mean 'Map-Reduce Framework/Map input records'?"),
    ({}, "g/n == 0", "no task has counted g/n; a step with nothing to count writes reporter:counter:g,n,0"),
]


@pytest.mark.parametrize("counters, text, message", UNKNOWN)
def test_a_counter_that_no_round_has_counted_is_refused(counters, text, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        parse_condition(text)(Counted({**FRAMEWORK, **counters}), 1)


def test_a_counter_of_an_earlier_round_is_0_in_this_one():
    counters = Counted({("g", "n"): 3}).after([("g", "m"), ("g", "n")])
    assert counters == {("g", "n"): 3, ("g", "m"): 0} and parse_condition("g/m == 0")(counters, 2)


def test_the_jobs_of_a_round_count_together():
    total = add_up([{("g", "n"): 3}, {("g", "n"): 4, ("g", "zero"): 0}])
    assert (total["g", "n"], total["g", "zero"], total.get(("g", "m"), 0)) == (7, 0, 0)


@pytest.mark.parametrize("text", ["", "n == 0", "g/n = 0", "g/n == x", "g/n == 0 and", "g/ == 0", "g/n"])
def test_what_is_no_condition(text):
    with pytest.raises(UsageError, match="is not a condition"):
        parse_condition(text)


def test_the_help_of_a_file_has_its_parameters_and_steps(folder):
    write_flows(folder)
    text = describe_flow("most-used.toml")
    for line in ("The most used words", "  text  path of the text  [string, required]", "[integer, default: 1]"):
        assert line in text
    assert "  count: st-map words | st-combine | st-reduce\n" in text


def test_a_flow_is_a_value():
    assert Flow("x", (Step("a", CommandLine("streamjob")),)) == Flow("x", (Step("a", CommandLine("streamjob")),))
