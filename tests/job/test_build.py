"""From a command line to a job: what it means, what is refused and how."""

import pytest

from streamtools.job import Job, Refused, build_job, parse

BASIC = ["-input", "in", "-output", "out", "-mapper", "cat"]


def job(*words: str, then: list[str] = BASIC) -> Job:
    return build_job(parse([*words, *then]))


REFUSED = [
    ([], "No Arguments Given!", 1),
    (["-output", "o", "-mapper", "cat"], "Required argument: -input <name>", 1),
    (["-input", "i", "-mapper", "cat"], "Required argument: -output ", 1),
    ([*BASIC, "-nosuch", "x"], "Unrecognized option: -nosuch", 1),
    ([*BASIC, "-D", "a=b"], "Unrecognized option: -D", 1),
    (["-input=i", "-output", "o"], "Unrecognized option: -input=i", 1),
    ([*BASIC, "word"], "Found 1 unexpected arguments on the command line [word]", 1),
    (["-input", "-output", "o"], "Missing argument for option: input", 1),
    ([*BASIC, "-numReduceTasks", "many"], "-numReduceTasks", 1),
    ([*BASIC, "-inputformat", "NoSuch"], "-inputformat : class not found : NoSuch", 1),
    ([*BASIC, "-outputformat", "TextOutputFormat"], "-outputformat : class not found : TextOutputFormat", 1),
    (
        [*BASIC, "-inputformat", "org.apache.hadoop.mapreduce.lib.input.TextInputFormat"],
        "not org.apache.hadoop.mapred.InputFormat",
        1,
    ),
    ([*BASIC, "-partitioner", "org.example.Mine"], "org.example.Mine has no stand-in", 1),
    (["-files", "nosuch", *BASIC], "File nosuch does not exist", 1),
    (["-files", "", *BASIC], "File name can't be empty", 1),
    (["-files", ".,,.", *BASIC], "File name can't be empty", 1),
    (["-files", ".#", *BASIC], "missing name of the link", 1),
    ([*BASIC, "-cacheFile", "."], "You need to specify the uris as scheme://path#linkname", 1),
    ([*BASIC, "-cacheFile", ".#a", ".#A"], "specify a different link name", 1),
    ([*BASIC, "-jobconf", "word"], "-jobconf word", 1),
    ([*BASIC, "-numReduceTasks", " 2"], 'For input string: " 2"', 1),
    ([*BASIC, "-numReduceTasks", "0x2"], 'For input string: "0x2"', 1),
    ([*BASIC, "-numReduceTasks", "2147483648"], "-numReduceTasks", 1),
    ([*BASIC, "-inputformat", ""], "-inputformat : class not found : ", 1),
    ([*BASIC, "-file", "nosuch"], "does not exist, or is not readable", 1),
    (["-conf", "nosuch.xml", *BASIC], "nosuch.xml", 1),
    (["-D", "a=\x01", *BASIC], "Illegal character entity", 1),
    (["-D", "mapreduce.job.reduces=x", *BASIC], 'For input string: "x"', 1),
]


@pytest.mark.parametrize("words, message, status", REFUSED, ids=lambda value: None)
def test_refusals(folder, words, message, status):
    with pytest.raises(Refused) as refused:
        build_job(parse(words))
    assert message in str(refused.value)
    assert refused.value.exit_code == status


def test_without_output_results_may_go_to_stdout():
    assert build_job(parse(["-input", "in", "-mapper", "cat"]), stdout=True).output == "-"


REDUCES = [
    ([], [], 1),
    (["-D", "mapreduce.job.reduces=3"], [], 3),
    (["-D", "mapreduce.job.reduces=3"], ["-numReduceTasks", "4"], 4),
    ([], ["-numReduceTasks", "4", "-reducer", "NONE"], 0),
    ([], ["-jobconf", "mapred.reduce.tasks=5"], 5),
]


@pytest.mark.parametrize("generic, streaming, reduces", REDUCES)
def test_number_of_reducers(generic, streaming, reduces):
    assert job(*generic, then=[*BASIC, *streaming]).reduces == reduces


TEXT, LONG, NULL = "org.apache.hadoop.io.Text", "org.apache.hadoop.io.LongWritable", "org.apache.hadoop.io.NullWritable"
CLASSES = [
    (BASIC, (TEXT, TEXT), (LONG, TEXT)),
    ([*BASIC, "-reducer", "cat"], (TEXT, TEXT), (TEXT, TEXT)),
    ([*BASIC, "-reducer", "NONE"], (TEXT, TEXT), (TEXT, TEXT)),
    ([*BASIC[:4], "-reducer", "cat"], (TEXT, TEXT), (TEXT, TEXT)),
    (BASIC[:4], (LONG, TEXT), (LONG, TEXT)),
    ([*BASIC, "-io", "keyonlytext"], (TEXT, NULL), (TEXT, NULL)),
]


@pytest.mark.parametrize("words, of_map, of_job", CLASSES)
def test_classes_of_records_come_from_how_a_command_is_read(words, of_map, of_job):
    found = build_job(parse(words))
    assert (found.map_output_classes, found.output_classes) == (of_map, of_job)


def test_environment_values_are_parted_at_blanks():
    words = [*BASIC, "-cmdenv", "A=1 B=2 c", "-cmdenv", "E=", "-cmdenv", "G=x=y"]
    assert build_job(parse(words)).environment == (("A", "1"), ("B", "2"), ("E", ""), ("G", "x=y"))


@pytest.mark.parametrize("option", ["reducer", "combiner"])
def test_an_empty_command_passes_records_on(option):
    stage = getattr(build_job(parse([*BASIC, f"-{option}", ""])), option)
    assert not stage.is_command and stage.text.endswith(".IdentityReducer")


LIB = "org.apache.hadoop.mapred.lib."


def test_properties_that_options_set_count_without_them():
    made = job(
        *("-D", f"mapred.partitioner.class={LIB}KeyFieldBasedPartitioner", "-D", "mapred.input.dir=before"),
        *("-D", f"mapred.combiner.class={LIB}IdentityReducer", "-D", f"mapred.reducer.class={LIB}LongSumReducer"),
    )
    assert made.partitioner == f"{LIB}KeyFieldBasedPartitioner" and made.inputs == ("before", "in")
    assert made.combiner and made.combiner.text == f"{LIB}IdentityReducer"
    assert made.reducer.text == f"{LIB}LongSumReducer"


LEAST_TASKS = [  # options, least maps and reduces, maps and reduces
    ([], (2, 2), ("2", 2)),
    (["-numReduceTasks", "3"], (1, 2), ("1", 3)),
    (["-numReduceTasks", "1"], (1, 4), ("1", 4)),
    (["-jobconf", "mapred.reduce.tasks=1", "-jobconf", "mapred.map.tasks=1"], (2, 2), ("2", 2)),
    (["-jobconf", "mapred.map.tasks=5"], (2, 0), ("5", 1)),
    (["-reducer", "NONE"], (2, 2), ("2", 0)),
]


@pytest.mark.parametrize("options, least, tasks", LEAST_TASKS)
def test_at_least_so_many_tasks(options, least, tasks):
    made = build_job(parse([*BASIC, *options]), least_tasks=least)
    assert (made.properties["mapreduce.job.maps"], made.reduces) == tasks
    again = build_job(made.command_line)  # what a cluster would be given
    assert (again.properties["mapreduce.job.maps"], again.reduces) == tasks


def test_an_empty_number_of_reducers_is_refused():
    with pytest.raises(Refused, match='For input string: ""'):
        job("-D", "mapreduce.job.reduces=")
