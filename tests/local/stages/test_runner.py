"""streamtools.local.stages.runner: a stage is a command, or one of our own tools in this process."""

import os

import pytest
from attempts import make_job

from streamtools.formats.batch import Pairs, to_pairs
from streamtools.local.counters import Counters
from streamtools.local.stages.feeds import feed_for
from streamtools.local.stages.program import NotRunnable
from streamtools.local.stages.runner import StageRunner, no_builtin, rules_of
from streamtools.local.stages.stderr import Listener
from streamtools.stage import InProcessStage


@pytest.fixture
def make_runner(folder, monkeypatch):
    monkeypatch.setattr(os, "environ", os.environ.copy())
    counters = Counters()
    listen = Listener(b"reporter:", counters, lambda counters: None, str(folder / "log"))

    def make(*options, builtin=no_builtin, feeds=()):
        environment = {"PATH": os.environ["PATH"], "FROM_THE_JOB": "1"}
        return StageRunner(make_job("-mapper", "cat", *options), environment, builtin, listen, "in", feeds)

    return make


def upper(words, path, reporter):
    """A builtin in the place of `tr`, which counts its blocks."""
    if words[0] != "tr":
        return None

    def run(blocks):
        for block in blocks:
            reporter.counters["blocks"] += 1
            yield block.upper()

    return InProcessStage(run)


def run(runner, command, is_text=True, role="mapper"):
    return b"".join(runner.run(role, command, [b"a\n", b"b\n"], is_text=is_text))


def test_a_command(make_runner):
    assert run(make_runner(), "cat") == b"a\nb\n"
    assert run(make_runner(), "sh -c 'cat > /dev/null; echo $FROM_THE_JOB'") == b"1\n"
    with pytest.raises(NotRunnable):
        run(make_runner(), "nowhere")


def test_one_of_our_tools_runs_here_if_it_reads_text(make_runner):
    runner = make_runner(builtin=upper)
    assert run(runner, "tr a x") == b"A\nB\n"
    assert [name for _, name in runner.listen.counters] == ["blocks"]
    assert run(runner, "tr a x", is_text=False) == b"x\nb\n"
    assert run(runner, "cat") == b"a\nb\n"


def test_input_passes_through_the_feeds_of_its_role(make_runner):
    feeds = (feed_for("mapper", lambda stdin: (block * 2 for block in stdin)), feed_for("reducer", lambda stdin: []))
    assert run(make_runner(feeds=feeds), "cat") == b"a\na\nb\nb\n"
    assert run(make_runner(feeds=feeds), "cat", role="reducer") == b""
    assert run(make_runner(feeds=feeds), "cat", role="combiner") == b"a\nb\n"


def test_rules_come_from_properties():
    options = ["-D", "stream.non.zero.exit.is.failure=false", "-D", "mapreduce.task.timeout=7000", "-mapper", "cat"]
    rules = rules_of(make_job(*options), "reducer")
    assert (rules.any_status, rules.timeout, rules.enough_lines) == (True, 7, None)
    assert rules_of(make_job("-D", "stream.minRecWrittenToEnableSkip_=4", "-mapper", "cat"), "mapper").enough_lines == 4


def test_keys_of_one_value_come_as_they_are(make_runner):
    def builtin(words, path, reporter):
        def keys(blocks):
            for block in blocks:
                reporter.counters["blocks"] += 1
                yield block.split()

        return InProcessStage(lambda blocks: blocks, keys=keys, value=words[1].encode()) if words[0] == "tr" else None

    runner = make_runner(builtin=builtin)
    batches = list(runner.run_keys("mapper", "tr 1", [b"a b\n", b"c\rd\n"]))
    assert [to_pairs(batch) for batch in batches] == [Pairs([b"a", b"b"], [b"1"] * 2), Pairs([b"c", b"d"], [b"1"] * 2)]
    assert [name for _, name in runner.listen.counters] == ["blocks"]
    assert runner.run_keys("mapper", "cat", [b"a\n"]) is None
    assert runner.run_keys("mapper", "tr 'a\tb'", [b"a\n"]) is None  # the key would go up to the first TAB, and does


def test_a_carriage_return_ends_a_line_as_in_what_a_command_prints(make_runner):
    stage = InProcessStage(lambda blocks: blocks, keys=lambda blocks: ([b"a\rb"] for _ in blocks), value=b"1")
    runner = make_runner(builtin=lambda words, path, reporter: stage)
    (batch,) = runner.run_keys("mapper", "cat", [b"x\n"])
    assert batch == b"a\nb\t1\n"


def test_a_stage_is_made_once_for_each_run(make_runner, monkeypatch):
    """Making one may run a user's file."""
    made = []

    def builtin(words, _path, _reporter):
        made.append(words[0])
        return InProcessStage(lambda blocks: iter(list(blocks)))

    runner = make_runner(builtin=builtin)
    assert runner.run_keys("mapper", "cat", [b"a\n"]) is None and runner.find_builtin("cat")
    for number in (1, 2):
        assert list(runner.run("mapper", "cat", [b"a\n"], is_text=True)) == [b"a\n"]
        assert made == ["cat"] * number
