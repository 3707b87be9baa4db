"""The typed properties by theme, one module each:

streamtools.job.properties.input, streamtools.job.properties.output, streamtools.job.properties.shuffle,
streamtools.job.properties.stand_ins, streamtools.job.properties.streams, streamtools.job.properties.tasks.
"""

import pytest

from streamtools.job import Refused, build_job, parse

BASIC = ["-input", "in", "-output", "out", "-mapper", "cat"]


def read(path, option=None):
    """The value of a property, by its path below `properties`, in a job with one option."""
    value = build_job(parse([*(["-D", option] if option else []), *BASIC])).properties
    for name in path.split("."):
        value = getattr(value, name)
    return value


@pytest.mark.parametrize(
    ("path", "unset", "option", "value"),
    [
        ("input.is_recursive", False, "mapreduce.input.fileinputformat.input.dir.recursive=true", True),
        ("input.maps", 1, "mapreduce.job.maps=7", 7),
        ("input.maps", 1, "mapreduce.job.maps=-7", 1),
        ("input.has_maps", False, "mapreduce.job.maps=1", True),
        ("input.least_split_size", 1, "mapreduce.input.fileinputformat.split.minsize=10", 10),
        ("input.least_split_size", 1, "mapreduce.input.fileinputformat.split.minsize=-10", 1),
        ("input.block_size", 32 << 20, "fs.local.block.size=100", 100),
        ("input.lines_per_split", 1, "mapreduce.input.lineinputformat.linespermap=5", 5),
        ("input.delimiter", None, "textinputformat.record.delimiter=::", b"::"),
        ("input.separator", b"\t", "mapreduce.input.keyvaluelinerecordreader.key.value.separator=é", b"\xe9"),
        ("input.xml_look_ahead", 100_000, "stream.recordreader.maxrec=10", 20),
        ("input.xml_look_ahead", 100_000, "stream.recordreader.lookahead=10", 50_000),
        ("output.is_compressed", False, "mapred.output.compress=true", True),
        ("output.is_compressed_by_block", False, "mapreduce.output.fileoutputformat.compress.type=block", True),
        ("output.separator", b"\t", "mapreduce.output.textoutputformat.separator=é", "é".encode()),
        ("output.marks_success", True, "mapreduce.fileoutputcommitter.marksuccessfuljobs=false", False),
        ("output.committer_version", 2, "mapreduce.fileoutputcommitter.algorithm.version=1", 1),
        ("shuffle.sort_buffer_mb", 100, "io.sort.mb=7", 7),
        ("shuffle.spill_share", 0.8, "mapreduce.map.sort.spill.percent=1", 1.0),
        ("shuffle.spill_size", int(100 * (1 << 20) * 0.8), "mapreduce.task.io.sort.mb=10", int(10 * (1 << 20) * 0.8)),
        ("shuffle.least_spills_to_combine", 3, "mapreduce.map.combine.minspills=1", 2),
        ("shuffle.partition_fields", 0, "num.key.fields.for.partition=2", 2),
        ("shuffle.key_separator", b"\t", "map.output.key.field.separator=.", b"."),
        ("stand_ins.pattern", "", "mapreduce.mapper.regex=a+", "a+"),
        ("stand_ins.field_separator", "\t", "mapreduce.fieldsel.data.field.separator=,", ","),
        ("stand_ins.map_fields", "0-:", "mapreduce.fieldsel.map.output.key.value.fields.spec=0:1", "0:1"),
        ("map_input.io_format", "text", "stream.map.input=rawbytes", "rawbytes"),
        ("map_output.io_format", "text", "stream.map.output=TypedBytes", "typedbytes"),
        ("reduce_input.io_format", "text", "stream.reduce.input=nosuch", "text"),
        ("map_output.separator", b"\t", "stream.map.output.field.separator=,", b","),
        ("map_output.key_fields", 1, "stream.num.map.output.key.fields=2", 2),
        ("reduce_output.is_given", False, "stream.reduce.output.field.separator=,", True),
        ("tasks.map_attempts", 1, "mapreduce.map.maxattempts=3", 3),
        ("tasks.reduce_attempts", 1, "mapreduce.reduce.maxattempts=3", 3),
        ("tasks.timeout", 0, "mapreduce.task.timeout=1500", 1.5),
        ("tasks.may_exit_nonzero", False, "stream.non.zero.exit.is.failure=false", True),
        ("tasks.records_to_leave_input_unread", None, "stream.minRecWrittenToEnableSkip_=0", 0),
        ("tasks.reporter_prefix", b"reporter:", "stream.stderr.reporter.prefix=x:", b"x:"),
        ("tasks.environment_limit", -1, "stream.jobconf.truncate.limit=20", 20),
        ("tasks.most_counters", 120, "mapreduce.job.counters.max=5", 5),
    ],
)
def test_a_property(path, unset, option, value):
    assert read(path) == unset
    assert read(path, option) == value


@pytest.mark.parametrize(
    ("path", "option"),
    [
        ("shuffle.sort_buffer_mb", "mapreduce.task.io.sort.mb=0"),
        ("shuffle.sort_buffer_mb", "mapreduce.task.io.sort.mb=2048"),
        ("shuffle.spill_share", "mapreduce.map.sort.spill.percent=0"),
        ("shuffle.spill_share", "mapreduce.map.sort.spill.percent=1.1"),
        ("shuffle.spill_share", "mapreduce.map.sort.spill.percent=x"),
    ],
)
def test_refused(path, option):
    name, _, value = option.partition("=")
    with pytest.raises(Refused, match=f'Invalid "{name}": {value}'):
        read(path, option)
