"""Properties: names, values, defaults."""

import pytest

from streamtools.job import Job, Refused, build_job, parse
from streamtools.job.properties import Properties
from streamtools.job.properties.defaults import DEFAULTS

BASIC = ["-input", "in", "-output", "out", "-mapper", "cat"]


def job(*words: str, then: list[str] = BASIC) -> Job:
    return build_job(parse([*words, *then]))


PROPERTIES = [
    (["-D", "a=1", "-D", "a=2"], "a", "2"),
    (["-D", "mapred.reduce.tasks=3"], "mapreduce.job.reduces", "3"),
    (["-D", "a=${b}c", "-D", "b=x"], "a", "xc"),
    (["-D", "a=${user.dir}"], "a", "FOLDER"),
    (["-D", "a=${unknown}"], "a", "${unknown}"),
    (["-D", "a=\\t"], "a", "\\t"),
    (["-D", "a"], "a", None),
    (["-D", "a="], "a", None),
]


@pytest.mark.parametrize("words, name, value", PROPERTIES)
def test_properties(folder, words, name, value):
    expected = str(folder) if value == "FOLDER" else value
    assert job(*words).properties.get(name) == expected


def test_a_configuration_file_comes_before_single_properties(folder):
    (folder / "c.xml").write_text(
        "<configuration><property><name>mapred.reduce.tasks</name><value>7</value></property>"
        "<property><name>b</name><value>1</value></property></configuration>"
    )
    found = job("-D", "b=2", "-conf", "c.xml")
    assert (found.reduces, found.properties.get("b")) == (7, "2")


@pytest.mark.parametrize(
    "words, reduces",
    [
        (["-D", "mapreduce.job.reduces=0x2"], 2),
        (["-D", "mapreduce.job.reduces= 3 "], 3),
        (["-D", "=x"], 1),
        (["-D", "mapreduce.job.maps=x"], 1),
        (["-D", "stream.map.output=TEXT"], 1),
        (["-D", "stream.map.output=nosuch"], 1),  # is text
    ],
)
def test_properties_are_read_as_java_reads_them(words, reduces):
    job = build_job(parse([*words, *BASIC]))
    assert job.reduces == reduces and "" not in job.properties.given and job.properties.map_output.io_format == "text"


@pytest.mark.parametrize(
    ("former", "value", "present"),
    [
        ("mapred.job.queue.name", "q", "mapreduce.job.queuename"),
        ("io.sort.spill.percent", "0.5", "mapreduce.map.sort.spill.percent"),
        ("mapreduce.job.counters.limit", "99", "mapreduce.job.counters.max"),
    ],
)
def test_former_names_of_properties(former, value, present):
    assert job("-D", f"{former}={value}").properties.get(present) == value


@pytest.mark.parametrize(
    ("value", "expanded"),
    [
        ("SET", "x"),
        ("SET-d", "x"),
        ("SET:-d", "x"),
        ("NONE-d", "d"),
        ("NONE:-d-e", "d-e"),
        ("VOID-d", ""),
        ("VOID:-d", "d"),
    ],
)
def test_variables_of_the_environment_in_properties(monkeypatch, value, expanded):
    monkeypatch.setenv("SET", "x")
    monkeypatch.setenv("VOID", "")
    assert job("-D", f"a=<${{env.{value}}}>").properties.get("a") == f"<{expanded}>"


def test_values_that_are_not_set_are_defaults():
    """The defaults of Hadoop come from one table; a property that is not in the table has its own."""
    empty = Properties({}, {})
    assert empty.reduces == int(DEFAULTS["mapreduce.job.reduces"]) == 1
    assert (empty.tasks.most_counters, empty.shuffle.sort_buffer_mb, empty.shuffle.spill_share) == (120, 100, 0.8)
    assert (empty.output.committer_version, empty.shuffle.least_spills_to_combine) == (2, 3)
    assert (empty.input.block_size, empty.input.least_split_size, empty.input.longest_line) == (32 << 20, 1, 0)
    assert empty.map_output.separator == empty.output.separator == empty.input.separator == b"\t"
    assert (empty.reduce_input.io_format, empty.map_output.key_fields) == ("text", 1)
    assert empty.output.marks_success and not empty.tasks.may_exit_nonzero and not empty.input.is_recursive


def test_limits_of_tasks_hold_only_if_the_user_sets_them():
    assert (job().properties.tasks.timeout, job().properties.tasks.map_attempts) == (0, 1)
    tasks = job("-D", "mapred.task.timeout=1500", "-D", "mapreduce.map.maxattempts=3").properties.tasks
    assert (tasks.timeout, tasks.map_attempts, tasks.reduce_attempts) == (1.5, 3, 1)


SHUFFLE = [
    ("mapreduce.task.io.sort.mb", "0"),
    ("mapreduce.task.io.sort.mb", "2048"),
    ("mapreduce.map.sort.spill.percent", "0"),
    ("mapreduce.map.sort.spill.percent", "much"),
]


@pytest.mark.parametrize("name, value", SHUFFLE)
def test_a_sort_buffer_that_hadoop_does_not_take_is_refused(name, value):
    with pytest.raises(Refused, match="Invalid"):
        Properties({name: value}, {}).shuffle.check_sort_buffer()


def test_a_spill_is_a_share_of_the_sort_buffer():
    values = {"mapreduce.task.io.sort.mb": "2", "mapreduce.map.sort.spill.percent": "0.5"}
    assert Properties(values, {}).shuffle.spill_size == 1 << 20


def test_a_key_separator_of_several_bytes_is_cut_to_one():
    name = "mapreduce.input.keyvaluelinerecordreader.key.value.separator"
    assert Properties({name: "\u0141x"}, {}).input.separator == b"A"


def test_a_refusal_passes_from_a_task_to_the_process_that_waits_for_it():
    import pickle

    refusal = pickle.loads(pickle.dumps(Refused("problem", "remedy", status=5, usage=True)))
    assert (str(refusal), refusal.exit_code, refusal.usage) == ("problem; remedy", 5, True)
