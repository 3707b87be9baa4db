"""streamtools.local.tasks.attempt and streamtools.local.tasks.maker: what an attempt knows of itself."""

import pytest
from attempts import make_attempt, make_job, make_maker, map_task, reduce_task

from streamtools.errors import DataError
from streamtools.local.counters import Counters
from streamtools.local.stages.feeds import feed_for
from streamtools.local.tasks.attempt import check_limits


@pytest.fixture
def split(folder):
    (folder / "in").write_bytes(b"abc\n")
    return map_task(folder / "in", number=3)


def test_a_map_attempt_knows_its_split(folder, split):
    found = make_maker(make_job("-mapper", "cat"), folder).make(split, 1, ()).runner.environment
    assert found["mapreduce_task_attempt_id"] == "attempt_local1_0001_m_000003_1"
    assert found["mapreduce_task_id"] == found["mapred_tip_id"] == "task_local1_0001_m_000003"
    assert (found["mapreduce_task_ismap"], found["mapreduce_task_partition"]) == ("true", "3")
    assert found["mapreduce_map_input_file"] == f"file:{folder / 'in'}"
    assert (found["mapreduce_map_input_start"], found["mapreduce_map_input_length"]) == ("0", "4")


def test_a_reduce_attempt_knows_the_number_of_maps(folder):
    found = make_maker(make_job("-mapper", "cat"), folder, maps=5).make(reduce_task([], 2), 0, ()).runner.environment
    assert found["mapreduce_task_attempt_id"] == "attempt_local1_0001_r_000002_0"
    assert (found["mapreduce_task_ismap"], found["mapred_map_tasks"]) == ("false", "5")
    assert "mapreduce_map_input_file" not in found


def test_output_and_log_are_its_own(folder, split):
    maker = make_maker(make_job("-mapper", "cat"), folder)
    first, second = maker.make(split, 0, ()), maker.make(split, 1, ())
    assert first.output != second.output and first.runner.listen.log != second.runner.listen.log
    assert first.runner.environment["mapreduce_task_output_dir"] == f"file:{first.output}"


def test_afresh_nothing_is_counted(folder, split):
    feed = feed_for("mapper", lambda stdin: stdin)
    attempt = make_attempt(make_job("-mapper", "cat"), split, folder, feed)
    attempt.count("G", "n", 2)
    again = attempt.afresh(feed)
    assert again.counters == {} and again.runner.listen.counters is again.counters
    assert attempt.counters == {("G", "n"): 2}
    assert (len(attempt.runner.feeds), len(again.runner.feeds)) == (1, 2)


@pytest.mark.parametrize(("limit", "number", "is_allowed"), [(10, 9, True), (10, 10, False)])
def test_a_task_may_have_so_many_counters(split, limit, number, is_allowed):
    job = make_job("-D", f"mapreduce.job.counters.max={limit}", "-mapper", "cat", "-reducer", "cat")
    counters = Counters({("G", str(name)): 1 for name in range(number)})
    if is_allowed:
        check_limits(job, split, counters)
    else:
        with pytest.raises(DataError, match="Too many counters"):
            check_limits(job, split, counters)
