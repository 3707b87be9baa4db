"""Job properties: the old names that are still taken, what tasks see by default, `${}` and configuration files."""

import os
import re
from collections.abc import Mapping

from streamtools.job.refusal import Refused

INPUT_FORMAT = "mapreduce.input.fileinputformat"
OUTPUT_FORMAT = "mapreduce.output.fileoutputformat"

RENAMED = {
    "mapred.reduce.tasks": "mapreduce.job.reduces",
    "mapred.map.tasks": "mapreduce.job.maps",
    "mapred.job.name": "mapreduce.job.name",
    "map.output.key.field.separator": "mapreduce.map.output.key.field.separator",
    "mapred.text.key.partitioner.options": "mapreduce.partition.keypartitioner.options",
    "mapred.text.key.comparator.options": "mapreduce.partition.keycomparator.options",
    "mapred.output.key.comparator.class": "mapreduce.job.output.key.comparator.class",
    "mapred.output.value.groupfn.class": "mapreduce.job.output.group.comparator.class",
    "mapred.output.key.class": "mapreduce.job.output.key.class",
    "mapred.output.value.class": "mapreduce.job.output.value.class",
    "mapred.mapoutput.key.class": "mapreduce.map.output.key.class",
    "mapred.mapoutput.value.class": "mapreduce.map.output.value.class",
    "key.value.separator.in.input.line": "mapreduce.input.keyvaluelinerecordreader.key.value.separator",
    "mapred.textoutputformat.separator": "mapreduce.output.textoutputformat.separator",
    "mapred.output.compress": f"{OUTPUT_FORMAT}.compress",
    "mapred.output.compression.codec": f"{OUTPUT_FORMAT}.compress.codec",
    "mapred.output.compression.type": f"{OUTPUT_FORMAT}.compress.type",
    "mapred.compress.map.output": "mapreduce.map.output.compress",
    "mapred.map.output.compression.codec": "mapreduce.map.output.compress.codec",
    "mapred.min.split.size": f"{INPUT_FORMAT}.split.minsize",
    "mapred.max.split.size": f"{INPUT_FORMAT}.split.maxsize",
    "mapred.input.dir.recursive": f"{INPUT_FORMAT}.input.dir.recursive",
    "mapred.line.input.format.linespermap": "mapreduce.input.lineinputformat.linespermap",
    "mapred.linerecordreader.maxlength": "mapreduce.input.linerecordreader.line.maxlength",
    "mapred.data.field.separator": "mapreduce.fieldsel.data.field.separator",
    "map.output.key.value.fields.spec": "mapreduce.fieldsel.map.output.key.value.fields.spec",
    "reduce.output.key.value.fields.spec": "mapreduce.fieldsel.reduce.output.key.value.fields.spec",
    "mapred.mapper.regex": "mapreduce.mapper.regex",
    "mapred.mapper.regex.group": "mapreduce.mapper.regexmapper..group",
    "mapred.task.timeout": "mapreduce.task.timeout",
    "io.sort.mb": "mapreduce.task.io.sort.mb",
    "io.sort.factor": "mapreduce.task.io.sort.factor",
    "mapred.map.max.attempts": "mapreduce.map.maxattempts",
    "mapred.reduce.max.attempts": "mapreduce.reduce.maxattempts",
    "min.num.spills.for.combine": "mapreduce.map.combine.minspills",
    "fs.default.name": "fs.defaultFS",
}

DEFAULTS = {  # those that scripts ask for, or that decide something here
    "fs.defaultFS": "file:///",
    "mapreduce.framework.name": "local",
    "mapreduce.job.reduces": "1",
    "mapreduce.job.name": "streamjob.jar",
    "mapreduce.job.queuename": "default",
    "mapreduce.job.maps": "1",
    "mapreduce.map.maxattempts": "1",
    "mapreduce.reduce.maxattempts": "1",
    "mapreduce.task.timeout": "600000",
    "mapreduce.task.io.sort.mb": "100",
    "mapreduce.task.io.sort.factor": "10",
    "mapreduce.map.combine.minspills": "3",
    "mapreduce.map.sort.spill.percent": "0.80",
    "mapreduce.map.memory.mb": "1024",
    "mapreduce.reduce.memory.mb": "1024",
    "mapreduce.map.output.compress": "false",
    "mapreduce.map.output.compress.codec": "org.apache.hadoop.io.compress.DefaultCodec",
    f"{OUTPUT_FORMAT}.compress": "false",
    f"{OUTPUT_FORMAT}.compress.type": "RECORD",
    f"{OUTPUT_FORMAT}.compress.codec": "org.apache.hadoop.io.compress.DefaultCodec",
    f"{INPUT_FORMAT}.split.minsize": "0",
    f"{INPUT_FORMAT}.input.dir.recursive": "false",
    "mapreduce.fileoutputcommitter.algorithm.version": "2",
    "mapreduce.job.counters.max": "120",
    "mapreduce.input.lineinputformat.linespermap": "1",
    "io.file.buffer.size": "4096",
    "dfs.blocksize": "134217728",
    "fs.local.block.size": "33554432",
    "mapreduce.job.jvm.numtasks": "1",
    "mapreduce.map.speculative": "true",
    "mapreduce.reduce.speculative": "true",
}

VARIABLE = re.compile(r"\$\{([^{}$\s]+)\}")
DEPTH = 20  # Hadoop gives up here
UNFIT_FOR_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def current(name: str) -> str:
    """The present name of a property."""
    return RENAMED.get(name, name)


def system_properties() -> dict[str, str]:
    """What Java knows of itself and users put into `${}`."""
    home = os.path.expanduser("~")
    return {
        "user.name": user_name(),
        "user.home": home,
        "user.dir": os.getcwd(),
        "java.io.tmpdir": os.environ.get("TMPDIR", "/tmp"),
        "file.separator": os.sep,
        "os.name": "Linux",
    }


def user_name() -> str:
    """Who runs the job."""
    name = os.environ.get("HADOOP_USER_NAME") or os.environ.get("USER") or os.environ.get("LOGNAME")
    if name:
        return name
    from pwd import getpwuid

    try:
        return getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def expanded(properties: Mapping[str, str]) -> dict[str, str]:
    """All values with `${name}` replaced by the property or Java system property of that name, as far as known."""
    if not any("${" in value for value in properties.values()):
        return dict(properties)
    system = system_properties()

    def known(name: str) -> str | None:
        if name.startswith("env."):
            variable, dash, default = name[4:].partition(":-")
            return os.environ.get(variable, default if dash else None)
        return properties.get(current(name), system.get(name))

    def expand(value: str) -> str:
        for _ in range(DEPTH):
            match = next((m for m in VARIABLE.finditer(value) if known(m[1]) is not None), None)
            if match is None:
                break
            value = value[: match.start()] + str(known(match[1])) + value[match.end() :]
        return value

    return {name: expand(value) for name, value in properties.items()}


def check_fit_for_xml(properties: Mapping[str, str]) -> None:
    """Raise Refused for a value that cannot travel in the job's XML file."""
    for name, value in properties.items():
        if match := UNFIT_FOR_XML.search(value):
            raise Refused(
                f"{name}: Illegal character entity: expansion character (code {hex(ord(match[0]))})",
                "a job's properties travel as XML 1.0, which has no control characters; take a printable one",
            )


def configuration_file(path: str) -> dict[str, str]:
    """The properties of a Hadoop configuration file; raises Refused when it cannot be read as one."""
    from xml.etree import ElementTree

    try:
        root = ElementTree.parse(path).getroot()
    except FileNotFoundError:
        raise Refused(f"{path} not found", "name an existing file with -conf") from None
    except (OSError, ElementTree.ParseError) as error:
        raise Refused(f"{path}: {error}", "a configuration file is XML: <configuration><property>...") from None
    found = {}
    for element in root.iter("property"):
        name, value = element.findtext("name"), element.findtext("value")
        if name and value is not None:
            found[current(name.strip())] = value
    return found


def is_true(value: str | None, default: bool = False) -> bool:
    """A Java boolean property: `true` or `false` in any case, anything else is the default."""
    told = (value or "").strip().lower()
    return {"true": True, "false": False}.get(told, default)
