"""From a command line to a job: properties, stages, classes, each by the rules of Hadoop's job client."""

from collections.abc import Callable, Mapping
from urllib.parse import quote_plus

from streamtools.formats.command_io import WRITABLES_READ
from streamtools.java import class_names
from streamtools.job.checks import check
from streamtools.job.classes import SHORT_INPUT, find_class
from streamtools.job.command_line import DEPRECATED, CommandLine
from streamtools.job.job import STDOUT, Job
from streamtools.job.properties import REDUCES, Properties
from streamtools.job.properties.configuration import (
    check_fit_for_xml,
    expand_variables,
    parse_assignment,
    read_configuration_file,
    renew_name,
)
from streamtools.job.properties.defaults import DEFAULTS
from streamtools.job.properties.input import INPUT, MAPS
from streamtools.job.properties.names import find_meant
from streamtools.job.properties.streams import IO_FORMATS, STREAMS, StreamProperties
from streamtools.job.properties.values import parse_integer
from streamtools.job.refusal import Refused
from streamtools.job.shipped import find_shipped
from streamtools.job.stages import Stages, build_stages

FindClass = Callable[[str, str], str]  # option, name -> full name of the class


def build_job(
    line: CommandLine, *, stdout: bool = False, java: bool = False, least_tasks: tuple[int, int] = (0, 0)
) -> Job:
    """Build the job of a command line. Raises Refused as the job client does, with its exit status.

    stdout: without -output the results go to standard output. java: the job is for a real Hadoop, which has classes
    that have no stand-in here. least_tasks: least number of map and of reduce tasks, if the job has reducers.
    """
    given = _read_properties(line)
    shipped = find_shipped(line, java, given)
    inputs, output = line.all("input"), line.one("output")
    if not inputs:
        raise Refused("Required argument: -input <name>")
    if not java and f"{INPUT}.inputdir" in given:  # to which -input adds
        inputs = (given[f"{INPUT}.inputdir"], *inputs)
    if not output and not stdout:
        raise Refused("Required argument: -output ", "or give --stdout to see the results at once")
    find = _take_as_named if java else find_class
    stages = build_stages(line, given, find)
    _set_stage_properties(given, line, stages)
    line = _raise_tasks(line, given, least_tasks)
    input_format = _choose_input_format(line, given, find)
    partitioner = line.one("partitioner") or given.get("mapred.partitioner.class")
    properties = _complete(given, stages)
    job = Job(
        inputs=inputs,
        output=output or STDOUT,
        mapper=stages.mapper,
        combiner=stages.combiner if properties.reduces else None,
        reducer=stages.reducer,
        properties=properties,
        input_format=input_format,
        output_format=_choose_class("outputformat", line.one("outputformat"), class_names.TEXT_OUTPUT, find),
        partitioner=_choose_class("partitioner", partitioner, class_names.HASH_PARTITIONER, find),
        shipped=shipped,
        command_line=line,
        warnings=tuple(_find_warnings(line, java)),
    )
    check(job, java)
    return job


def _read_properties(line: CommandLine) -> dict[str, str]:
    """Return all properties that options set, a later one over an earlier one, configuration files before -D."""
    given: dict[str, str] = {}
    for path in (*(value for name, value in line.generic if name == "conf"), *line.all("additionalconfspec")):
        given |= read_configuration_file(path)
    for name, value in line.generic:
        if name == "D":
            given |= parse_assignment(value)
        elif name == "fs":
            given["fs.defaultFS"] = value
        elif name == "jt" and value == "local":
            given["mapreduce.framework.name"] = "local"
        elif name == "jt":
            given["mapreduce.framework.name"] = "yarn"
            given["yarn.resourcemanager.address"] = value
    if file_system := line.one("dfs"):
        given["fs.defaultFS"] = file_system
    for value in line.all("jobconf"):
        if "=" not in value:
            raise Refused(f"-jobconf {value}: missing value", "write -D NAME=VALUE")
        given |= parse_assignment(value)
    for side in ("map", "reduce"):
        if script := line.one(f"{side}debug"):
            given[f"mapreduce.{side}.debug.script"] = script
    if io_format := line.one("io"):
        given |= dict.fromkeys(STREAMS, io_format)
    if (reduces := line.one("numReduceTasks")) is not None:
        given[REDUCES] = str(parse_integer("-numReduceTasks", reduces))
    return given


def _set_stage_properties(given: dict[str, str], line: CommandLine, stages: Stages) -> None:
    """Set the properties that the client derives from the stages."""
    if line.one("reducer") == "NONE":
        given[REDUCES] = "0"
    for kind, stage in (("map", stages.mapper), ("combine", stages.combiner), ("reduce", stages.reducer)):
        if stage and stage.is_command and (kind != "reduce" or given.get(REDUCES, "").strip() != "0"):
            given[f"stream.{kind}.streamprocessor"] = quote_plus(stage.text)


def _raise_tasks(line: CommandLine, given: dict[str, str], least: tuple[int, int]) -> CommandLine:
    """Ask for at least so many map and reduce tasks, in the properties and in the command line, which is returned."""
    least_maps, least_reduces = least
    expanded = expand_variables({**DEFAULTS, **given})
    if least_maps:
        maps = parse_integer(MAPS, expanded[MAPS]) if given.get(MAPS) else 1
        given[MAPS] = str(max(maps, least_maps))
        line = _set_property(line, MAPS, given[MAPS])
    if least_reduces and 0 < parse_integer(REDUCES, expanded[REDUCES]) < least_reduces:
        given[REDUCES] = str(least_reduces)
        line = _set_property(line.without_option("numReduceTasks"), REDUCES, given[REDUCES])
    return line


def _set_property(line: CommandLine, name: str, value: str) -> CommandLine:
    """Return the command line with a property set with -D, which -jobconf no longer overrides."""
    others = [text for text in line.all("jobconf") if renew_name(text.partition("=")[0].strip()) != name]
    line = line.with_option("jobconf", *others) if others else line.without_option("jobconf")
    return line.with_property(name, value)


def _choose_input_format(line: CommandLine, given: dict[str, str], find: FindClass) -> str:
    """Return the class of the input format by the client's rules; set the properties of -inputreader."""
    reader, name = line.one("inputreader"), line.one("inputformat")
    if reader:
        reader_class, *settings = reader.split(",")
        given["stream.recordreader.class"] = find("inputreader", reader_class)
        for setting in settings:
            option, _, value = setting.partition("=")
            given[f"stream.recordreader.{option}"] = value
    if name is None:
        return class_names.STREAM_INPUT if reader else class_names.TEXT_INPUT
    full = SHORT_INPUT.get(name, name)
    if reader and full in (class_names.KEY_VALUE_INPUT, class_names.SEQUENCE_INPUT):
        return class_names.STREAM_INPUT
    return full if full in SHORT_INPUT.values() else find("inputformat", name)


def _choose_class(option: str, name: str | None, default: str, find: FindClass) -> str:
    return default if name is None else find(option, name)


def _take_as_named(_option: str, name: str) -> str:
    return name


def _complete(given: Mapping[str, str], stages: Stages) -> Properties:
    """Return all properties of the job: defaults, then those given, expanded, and the classes of its records."""
    expanded = expand_variables({**DEFAULTS, **given})
    values = {name: value for name, value in expanded.items() if value != ""}
    check_fit_for_xml(values)
    reduces = parse_integer(REDUCES, expanded[REDUCES])
    return Properties({**values, **_derive_record_classes(Properties(values, given), stages, reduces)}, given)


def _derive_record_classes(properties: Properties, stages: Stages, reduces: int) -> dict[str, str]:
    """Return the classes of keys and values: by the io format of a command, else by the properties."""
    of_map, of_job = (
        (f"mapreduce.{where}.output.key.class", f"mapreduce.{where}.output.value.class") for where in ("map", "job")
    )
    found = {
        of_job[0]: properties.text(of_job[0], class_names.LONG),
        of_job[1]: properties.text(of_job[1], class_names.TEXT),
    }
    if stages.reducer.is_command or "stream.reduce.output" in properties:
        found |= zip(of_job, _classes_read(properties.reduce_output), strict=True)
    for name, default in zip(of_map, of_job, strict=True):
        found[name] = properties.text(name, found[default])
    if stages.mapper.is_command or "stream.map.output" in properties:
        written = _classes_read(properties.map_output)
        found |= zip(of_map, written, strict=True)
        if not reduces:
            found |= zip(of_job, written, strict=True)
    return found


def _classes_read(stream: StreamProperties) -> list[str]:
    """Return the classes of the keys and values that are read from a command."""
    return [writable.class_name for writable in WRITABLES_READ[stream.io_format]]


def _find_warnings(line: CommandLine, java: bool) -> list[str]:
    warnings = [
        f"-{option} option is deprecated, please use generic option {instead} instead"
        for option, instead in DEPRECATED.items()
        if line.has(option)
    ]
    if (io_format := line.one("io")) and io_format.lower() not in IO_FORMATS:
        warnings.append(f"unknown format -io {io_format}, text is used; known are {', '.join(IO_FORMATS)}")
    if not java and line.first("libjars") is not None:
        warnings.append("-libjars has no effect here, as no Java runs; classes of the jars are refused by name")
    given = [value for name, value in line.generic if name == "D"] + [*line.all("jobconf")]
    meant = find_meant(value.partition("=")[0].strip() for value in given)
    return [*warnings, *(f"unknown property {name}; did you mean {known}?" for name, known in meant.items())]
