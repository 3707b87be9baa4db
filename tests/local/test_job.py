"""The command line of Hadoop Streaming: what is taken, what it means, what is refused and how."""

import pytest

from streamtools.job import Job, Refused, build_job, parse

BASIC = ["-input", "in", "-output", "out", "-mapper", "cat"]


def job(*words: str, then: list[str] = BASIC) -> Job:
    return build_job(parse([*words, *then]))


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


def test_a_file_of_the_job_jar_is_called_by_its_base_name(folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "m.py").touch()
    words = ["-input", "in", "-output", "out", "-mapper", "sub/m.py -v", "-file", "sub/m.py"]
    assert build_job(parse(words)).mapper.text == "m.py -v"
