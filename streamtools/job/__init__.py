"""A job: everything that Hadoop Streaming's command line says, understood and checked once.

argv --grammar--> CommandLine --> Job     (immutable; the local engine and the cluster's launcher read only this)
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from streamtools.java.strings import trimmed
from streamtools.job import classes
from streamtools.job.grammar import DEPRECATED, CommandLine, parse
from streamtools.job.properties import (
    DEFAULTS,
    INPUT_FORMAT,
    RENAMED,
    check_fit_for_xml,
    configuration_file,
    current,
    expanded,
    is_true,
)
from streamtools.job.refusal import LAUNCH_STATUS, USAGE_STATUS, Refused, launch_refused
from streamtools.job.shipping import Shipped, shipped_of

__all__ = [
    "LAUNCH_STATUS", "RENAMED", "USAGE_STATUS", "CommandLine", "Job", "Refused", "Shipped", "Stage", "current",
    "is_true", "job_of", "launch_refused", "parse",
]  # fmt: skip

INTEGER, HEXADECIMAL = re.compile(r"[+-]?\d+"), re.compile(r"(-?)0[xX]([0-9A-Fa-f]+)")
INTEGERS = 1 << 31  # the bound of Java's int
STDOUT = "-"  # as -output: results go to stdout
WIRES = {  # -io: the Java classes of the keys and values that are read from a command
    "text": (classes.TEXT, classes.TEXT),
    "keyonlytext": (classes.TEXT, classes.IO + "NullWritable"),
    "rawbytes": (classes.IO + "BytesWritable", classes.IO + "BytesWritable"),
    "typedbytes": ("org.apache.hadoop.typedbytes.TypedBytesWritable",) * 2,
}
ClassNamed = Callable[[str, str], str]  # option, name -> the class
STREAMS = ("stream.map.input", "stream.map.output", "stream.reduce.input", "stream.reduce.output")


@dataclass(frozen=True)
class Stage:
    """A mapper, combiner or reducer: a command line to be split by Hadoop's rules, or a Java class by full name."""

    text: str
    is_command: bool


@dataclass(frozen=True)
class Job:
    """One map and reduce step. `properties` have their present names, defaults included, values expanded."""

    inputs: tuple[str, ...]
    output: str
    mapper: Stage
    combiner: Stage | None
    reducer: Stage
    reduces: int
    properties: Mapping[str, str]
    given: Mapping[str, str]  # the properties that the user has set
    input_format: str = classes.TEXT_INPUT
    output_format: str = classes.TEXT_OUTPUT
    partitioner: str = classes.HASH_PARTITIONER
    environment: tuple[tuple[str, str], ...] = ()
    shipped: tuple[Shipped, ...] = ()
    packed: tuple[str, ...] = ()  # given with -file
    lazy_output: bool = False
    background: bool = False
    warnings: tuple[str, ...] = ()
    command_line: CommandLine = field(default_factory=lambda: CommandLine("streamjob", []))

    def get(self, name: str, default: str = "") -> str:
        """The value of a property, or the default where it is not set."""
        return self.properties.get(name, default)

    def number(self, name: str, default: int = 0) -> int:
        """The value of a property that is an integer; raises Refused when it is none."""
        return integer(name, self.properties.get(name, str(default)))

    def is_true(self, name: str, default: bool = False) -> bool:
        """The value of a property that is true or false."""
        return is_true(self.properties.get(name), default)

    def wire(self, stream: str) -> str:
        """How records are written to or read from a command: `text`, `keyonlytext`, `rawbytes` or `typedbytes`.

        As Hadoop has it, whatever else is asked for is text.
        """
        return _wire(self.properties, stream)

    @property
    def map_output_classes(self) -> tuple[str, str]:
        """The Java classes of the keys and values that the mapper must give."""
        return self.get("mapreduce.map.output.key.class"), self.get("mapreduce.map.output.value.class")

    @property
    def output_classes(self) -> tuple[str, str]:
        """The Java classes of the keys and values of the output."""
        return self.get("mapreduce.job.output.key.class"), self.get("mapreduce.job.output.value.class")


def job_of(line: CommandLine, *, stdout: bool = False, java: bool = False) -> Job:
    """The job of a command line; raises Refused as the job client does, with its exit status.

    stdout: a missing -output means standard output instead of being refused.
    java: it goes to a real Hadoop, so that Java classes without a stand-in here are taken by their names.
    """
    given = _given_properties(line)
    inputs, output = line.all("input"), line.one("output")
    shipped, packed = shipped_of(line, java)
    if not inputs:
        raise Refused("Required argument: -input <name>")
    if not java and f"{INPUT_FORMAT}.inputdir" in given:  # to which -input adds
        inputs = [given[f"{INPUT_FORMAT}.inputdir"], *inputs]
    if not output and not stdout:
        raise Refused("Required argument: -output ", "or give --stdout to see the results at once")
    class_named = _as_named if java else classes.class_named
    mapper, combiner, reducer = _stages(line, given, packed, class_named)
    _apply_stages(given, line, mapper, combiner, reducer)
    input_format = _input_format(line, given, class_named)
    properties = {name: value for name, value in expanded({**DEFAULTS, **given}).items() if value != ""}
    check_fit_for_xml(properties)
    reduces = integer("mapreduce.job.reduces", properties["mapreduce.job.reduces"])
    job = Job(
        inputs=tuple(inputs),
        output=output or STDOUT,
        mapper=mapper,
        combiner=combiner if reduces else None,
        reducer=reducer,
        reduces=reduces,
        properties={**properties, **_classes_of_records(properties, mapper, reducer, reduces)},
        given=given,
        input_format=input_format,
        output_format=_class_option(line, "outputformat", classes.TEXT_OUTPUT, class_named),
        partitioner=_partitioner(line, given, class_named),
        environment=_environment(line.all("cmdenv")),
        shipped=shipped,
        packed=tuple(packed),
        lazy_output="lazyOutput" in line.streaming,
        background="background" in line.streaming,
        warnings=tuple(_warnings(line, java)),
        command_line=line,
    )
    _check(job, java)
    return job


def integer(name: str, text: str) -> int:
    """A Java integer, also in hexadecimal for a property; raises Refused when the text is none."""
    digits = text if name.startswith("-") else trimmed(text)
    if match := INTEGER.fullmatch(digits):
        number = int(match[0])
    elif not name.startswith("-") and (match := HEXADECIMAL.fullmatch(digits)):
        number = int(match[1] + match[2], 16)
    else:
        number = INTEGERS
    if not -INTEGERS <= number < INTEGERS:
        raise Refused(f'{name}: For input string: "{text}"', "give a whole number")
    return number


def _given_properties(line: CommandLine) -> dict[str, str]:
    """All properties set by options, the later ones over the earlier; configuration files before -D."""
    given: dict[str, str] = {}
    for path in [value for name, value in line.generic if name == "conf"] + line.all("additionalconfspec"):
        given |= configuration_file(path)
    for name, value in line.generic:
        if name == "D":
            given |= _assignment(value)
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
            raise Refused(f"-jobconf {value}: there is no value", "write -D NAME=VALUE")
        given |= _assignment(value)
    for kind in ("map", "reduce"):
        if script := line.one(f"{kind}debug"):
            given[f"mapreduce.{kind}.debug.script"] = script
    if wire := line.one("io"):
        given |= dict.fromkeys(STREAMS, wire)
    if (reduces := line.one("numReduceTasks")) is not None:
        given["mapreduce.job.reduces"] = str(integer("-numReduceTasks", reduces))
    return given


def _assignment(text: str) -> dict[str, str]:
    name, equals, value = text.partition("=")
    name = current(name.strip())
    return {name: value} if equals and name else {}


def _stages(
    line: CommandLine, given: Mapping[str, str], packed: list[str], class_named: ClassNamed
) -> tuple[Stage, Stage | None, Stage]:
    """Mapper, combiner and reducer; one shipped with -file is called by its base name, as it lies beside the task.

    Without an option the property counts that it would set.
    """
    bases = {os.path.realpath(path): os.path.basename(path) for path in packed}

    def stage(option: str, default: str) -> Stage:
        text = line.one(option)
        if text is None and (named := given.get(f"mapred.{option}.class")):
            return Stage(class_named(option, named), False)
        if text is None or (not text and option != "mapper"):  # an empty reducer passes records as they are
            return Stage(default, False)
        if full := classes.is_class(option, text):
            return Stage(full, False)
        program, blank, rest = text.partition(" ")
        return Stage(bases.get(os.path.realpath(program), program) + blank + rest, True)

    mapper = stage("mapper", classes.IDENTITY_MAPPER)
    combines = line.one("combiner") is not None or "mapred.combiner.class" in given
    combiner = stage("combiner", classes.IDENTITY_REDUCER) if combines else None
    told = line.one("reducer") or ""
    if told == "NONE":
        return mapper, None, Stage(classes.IDENTITY_REDUCER, False)
    if told.lower() == "aggregate":
        return mapper, Stage(classes.AGGREGATE_COMBINER, False), Stage(classes.AGGREGATE_REDUCER, False)
    return mapper, combiner, stage("reducer", classes.IDENTITY_REDUCER)


def _apply_stages(
    given: dict[str, str], line: CommandLine, mapper: Stage, combiner: Stage | None, reducer: Stage
) -> None:
    if line.one("reducer") == "NONE":
        given["mapreduce.job.reduces"] = "0"
    for kind, stage in (("map", mapper), ("combine", combiner), ("reduce", reducer)):
        if stage and stage.is_command and (kind != "reduce" or given.get("mapreduce.job.reduces", "").strip() != "0"):
            given[f"stream.{kind}.streamprocessor"] = quote_plus(stage.text)


def _input_format(line: CommandLine, given: dict[str, str], class_named: ClassNamed) -> str:
    """The class of the input format, by the client's rules; -inputreader sets properties beside it."""
    reader, named = line.one("inputreader"), line.one("inputformat")
    if reader:
        name, *settings = reader.split(",")
        given["stream.recordreader.class"] = class_named("inputreader", name)
        for setting in settings:
            option, _, value = setting.partition("=")
            given[f"stream.recordreader.{option}"] = value
    if named is None:
        return classes.STREAM_INPUT if reader else classes.TEXT_INPUT
    full = classes.SHORT_INPUT.get(named, named)
    if reader and full in (classes.KEY_VALUE_INPUT, classes.SEQUENCE_INPUT):
        return classes.STREAM_INPUT
    return full if full in classes.SHORT_INPUT.values() else class_named("inputformat", named)


def _class_option(line: CommandLine, option: str, default: str, class_named: ClassNamed) -> str:
    name = line.one(option)
    return default if name is None else class_named(option, name)


def _partitioner(line: CommandLine, given: Mapping[str, str], class_named: ClassNamed) -> str:
    """The class of -partitioner, else of the property that it sets."""
    named = line.one("partitioner") or given.get("mapred.partitioner.class")
    return classes.HASH_PARTITIONER if named is None else class_named("partitioner", named)


def _as_named(_option: str, name: str) -> str:
    return name


def _classes_of_records(properties: Mapping[str, str], mapper: Stage, reducer: Stage, reduces: int) -> dict[str, str]:
    """The classes of keys and values: a command's come from how its output is read, Java's from the properties."""
    found = {
        "mapreduce.job.output.key.class": properties.get("mapreduce.job.output.key.class", classes.LONG),
        "mapreduce.job.output.value.class": properties.get("mapreduce.job.output.value.class", classes.TEXT),
    }
    kinds = [f"mapreduce.{where}.output.{part}.class" for where in ("map", "job") for part in ("key", "value")]
    if reducer.is_command or "stream.reduce.output" in properties:
        found |= zip(kinds[2:], WIRES[_wire(properties, "stream.reduce.output")], strict=True)
    for of_map, of_job in zip(kinds[:2], kinds[2:], strict=True):
        found[of_map] = properties.get(of_map, found[of_job])
    if mapper.is_command or "stream.map.output" in properties:
        told = WIRES[_wire(properties, "stream.map.output")]
        found |= zip(kinds[:2], told, strict=True)
        if not reduces:
            found |= zip(kinds[2:], told, strict=True)
    return found


def _wire(properties: Mapping[str, str], stream: str) -> str:
    told = properties.get(stream, "text").lower()
    return told if told in WIRES else "text"


def _environment(settings: list[str]) -> tuple[tuple[str, str], ...]:
    """What -cmdenv sets: all values joined with blanks and parted again at blanks, then at the first `=`."""
    words = " ".join(settings).split(" ")
    return tuple((name, value) for name, equals, value in (word.partition("=") for word in words) if equals)


def _warnings(line: CommandLine, java: bool) -> list[str]:
    told = [
        f"-{option} option is deprecated, please use generic option {instead} instead"
        for option, instead in DEPRECATED.items()
        if option in line.streaming
    ]
    if (wire := line.one("io")) and wire.lower() not in WIRES:
        told.append(f"-io {wire} is no known format, so it is text; known are {', '.join(WIRES)}")
    if not java and any(name == "libjars" for name, _ in line.generic):
        told.append("-libjars has no effect here, as no Java runs; classes of the jars are refused by name")
    return told


def _check_sort(job: Job) -> None:
    """Raise Refused for a sort buffer that Hadoop's map tasks would not take."""
    size, share = job.number("mapreduce.task.io.sort.mb", 100), job.get("mapreduce.map.sort.spill.percent", "0.8")
    if not 0 < size < 2048:
        raise Refused(f'Invalid "mapreduce.task.io.sort.mb": {size}', "give it 1 to 2047 MB")
    try:
        fits = 0 < float(share) <= 1
    except ValueError:
        fits = False
    if not fits:
        raise Refused(f'Invalid "mapreduce.map.sort.spill.percent": {share}', "give a share up to 1.0")


def _check(job: Job, java: bool) -> None:
    if job.reduces < 0:
        raise Refused("mapreduce.job.reduces: cannot be negative", "0 is for a job without reducers")
    if java:
        return
    for name in classes.OF_NEW_API:
        if name in job.given and (job.reduces or name not in classes.OF_REDUCES):
            raise launch_refused(f"{name} is incompatible with map compatability mode.", "streaming takes the old API")
    codec = job.get("mapreduce.map.output.compress.codec")
    if job.reduces and job.is_true("mapreduce.map.output.compress") and not classes.is_codec(codec):
        raise Refused(f"Compression codec {codec} was not found.", "take one of org.apache.hadoop.io.compress.*")
    if job.reduces:
        _check_sort(job)
    if job.number("mapreduce.fileoutputcommitter.algorithm.version") not in (1, 2):
        raise Refused("Only 1 or 2 algorithm version is supported", "see mapreduce.fileoutputcommitter")
    if path_filter := job.get("mapreduce.input.pathFilter.class"):
        raise classes.no_stand_in("D mapreduce.input.pathFilter.class", path_filter)
    comparator = job.get("mapreduce.job.output.key.comparator.class")
    if comparator and comparator not in classes.KNOWN["comparator"]:
        raise classes.no_stand_in("D mapreduce.job.output.key.comparator.class", comparator)
    for name in ("map.input.writer", "map.output.reader", "reduce.input.writer", "reduce.output.reader"):
        if f"stream.{name}.class" in job.given or "stream.io.identifier.resolver.class" in job.given:
            raise Refused(f"stream.{name}.class: own Java classes have no stand-in here", "run it with --on hadoop")
    for name in job.map_output_classes + job.output_classes:
        if name and not classes.JAVA_NAME.fullmatch(name):
            raise Refused(f"class {name} not found", "give the full name of a Writable class")
