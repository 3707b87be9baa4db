"""The properties of a job: a mapping, and typed access by theme to those that streamtools uses.

Each accessor names its property, its unit and, where DEFAULTS does not have it, its default. Nothing else in the
package reads a property by its name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

from streamtools.java.strings import trim
from streamtools.job.defaults import DEFAULTS
from streamtools.job.refusal import Refused

INPUT = "mapreduce.input.fileinputformat"
OUTPUT = "mapreduce.output.fileoutputformat"
MAPS = "mapreduce.job.maps"
REDUCES = "mapreduce.job.reduces"
STREAMS = ("stream.map.input", "stream.map.output", "stream.reduce.input", "stream.reduce.output")
IO_FORMATS = ("text", "keyonlytext", "rawbytes", "typedbytes")  # of -io
CUTS_COMPRESSED = "streamtools.split.packed"

DECIMAL = re.compile(r"[+-]?\d+")
HEXADECIMAL = re.compile(r"(-?)0[xX]([0-9A-Fa-f]+)")
INTEGER_BOUND = 1 << 31  # of Java's int


class Properties(Mapping[str, str]):
    """All properties of a job: by their present names, with defaults, values expanded; an empty value is not set.

    given: the properties that the user has set, not expanded.
    """

    def __init__(self, values: Mapping[str, str], given: Mapping[str, str]) -> None:
        self._values, self.given = values, given

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def is_given(self, *names: str) -> bool:
        """Return whether the user has set one of these properties."""
        return not self.given.keys().isdisjoint(names)

    def text(self, name: str, default: str = "") -> str:
        """Return the value of a property, or `default` if it is not set."""
        return self._values.get(name, default)

    def number(self, name: str, default: int | None = None) -> int:
        """Return an integer, if not set `default` or that of DEFAULTS or 0. Raises Refused for any other text."""
        if (text := self._values.get(name)) is None:
            return int(DEFAULTS.get(name, "0")) if default is None else default
        return parse_integer(name, text)

    def is_true(self, name: str, default: bool = False) -> bool:
        """Return a boolean property, or `default` if it is neither true nor false."""
        return parse_boolean(self._values.get(name, ""), default)

    @property
    def input(self) -> InputProperties:
        """How the input is found, split and read."""
        return InputProperties(self)

    @property
    def map_input(self) -> StreamProperties:
        """How records are written to the mapper's stdin."""
        return StreamProperties(self, "map.input")

    @property
    def map_output(self) -> StreamProperties:
        """How records are read from the mapper's stdout."""
        return StreamProperties(self, "map.output")

    @property
    def reduce_input(self) -> StreamProperties:
        """How records are written to the stdin of the reducer and the combiner."""
        return StreamProperties(self, "reduce.input")

    @property
    def reduce_output(self) -> StreamProperties:
        """How records are read from the stdout of the reducer and the combiner."""
        return StreamProperties(self, "reduce.output")

    @property
    def tasks(self) -> TaskProperties:
        """How tasks and their commands are run, and their limits."""
        return TaskProperties(self)

    @property
    def shuffle(self) -> ShuffleProperties:
        """How map output is partitioned, sorted and spilled."""
        return ShuffleProperties(self)

    @property
    def output(self) -> OutputProperties:
        """How the output is written and committed."""
        return OutputProperties(self)

    @property
    def stand_ins(self) -> StandInProperties:
        """What the stand-ins for Java mappers and reducers are set to do."""
        return StandInProperties(self)


class _Theme:
    """Properties that belong together."""

    def __init__(self, properties: Properties) -> None:
        self._properties = properties


class InputProperties(_Theme):
    """How the input is found, split and read."""

    @property
    def is_recursive(self) -> bool:
        """Whether directories inside an input directory are read, too."""
        return self._properties.is_true(f"{INPUT}.input.dir.recursive")

    @property
    def skips_directories(self) -> bool:
        """Whether directories inside an input directory are ignored instead of refused."""
        return self._properties.is_true(f"{INPUT}.input.dir.nonrecursive.ignore.subdirs")

    @property
    def maps(self) -> int:
        """Number of map tasks that the user wants at least, 1 unless set (mapreduce.job.maps)."""
        return self._properties.number(MAPS) if self._properties.given.get(MAPS, "").isdecimal() else 1

    @property
    def has_maps(self) -> bool:
        """Whether the user has set a number of map tasks."""
        return self._properties.is_given(MAPS)

    @property
    def least_split_size(self) -> int:
        """Least bytes of a split, 1 or more (mapreduce.input.fileinputformat.split.minsize)."""
        return max(self._properties.number(f"{INPUT}.split.minsize"), 1)

    @property
    def block_size(self) -> int:
        """Most bytes of a split (fs.local.block.size), 32 MB as for Hadoop's local file system."""
        return self._properties.number("fs.local.block.size", 32 << 20)

    @property
    def cuts_compressed(self) -> bool:
        """Whether compressed files that Hadoop cannot split are split here (streamtools.split.packed)."""
        return self._properties.is_true(CUTS_COMPRESSED)

    @property
    def lines_per_split(self) -> int:
        """Lines of a split of NLineInputFormat (mapreduce.input.lineinputformat.linespermap)."""
        return self._properties.number("mapreduce.input.lineinputformat.linespermap")

    @property
    def longest_line(self) -> int:
        """Bytes of a line from which on it is skipped, 0 for no limit (mapreduce.input.linerecordreader...)."""
        return self._properties.number("mapreduce.input.linerecordreader.line.maxlength")

    @property
    def delimiter(self) -> bytes | None:
        """What ends a record of TextInputFormat instead of a line end, None if not set."""
        delimiter = self._properties.get("textinputformat.record.delimiter")
        return None if delimiter is None else os.fsencode(delimiter)

    @property
    def separator(self) -> bytes:
        """One byte between key and value of KeyValueTextInputFormat, TAB unless set; of a character the low byte."""
        text = self._properties.text("mapreduce.input.keyvaluelinerecordreader.key.value.separator", "\t")
        return bytes([ord(text[0]) & 0xFF])

    @property
    def reader(self) -> str:
        """Class of the record reader of StreamInputFormat (-inputreader), LineRecordReader unless set."""
        return self._properties.text("stream.recordreader.class", "LineRecordReader")

    @property
    def path_filter(self) -> str:
        """Java class that chooses input paths, empty if not set."""
        return self._properties.text("mapreduce.input.pathFilter.class")

    @property
    def xml_marks(self) -> tuple[str, str]:
        """Begin and end mark of a record of StreamXmlRecordReader, empty if not set."""
        properties = self._properties
        return properties.text("stream.recordreader.begin"), properties.text("stream.recordreader.end")

    @property
    def xml_look_ahead(self) -> int:
        """Bytes in which StreamXmlRecordReader looks for a mark: lookahead, at least maxrec (50,000 unless set)."""
        longest = self._properties.number("stream.recordreader.maxrec", 50_000)
        return max(longest, self._properties.number("stream.recordreader.lookahead", 2 * longest))

    @property
    def xml_marks_are_patterns(self) -> bool:
        """Whether the marks are regular expressions, and void inside CDATA (slowmatch)."""
        return self._properties.is_true("stream.recordreader.slowmatch")


class StreamProperties(_Theme):
    """How records go to the stdin of a command or come from its stdout.

    name: map.input, map.output, reduce.input or reduce.output.
    """

    def __init__(self, properties: Properties, name: str) -> None:
        super().__init__(properties)
        self.name = name

    @property
    def io_format(self) -> str:
        """One of IO_FORMATS (-io), text unless set; Hadoop takes an unknown one for text, too."""
        name = self._properties.text(f"stream.{self.name}", "text").lower()
        return name if name in IO_FORMATS else "text"

    @property
    def separator(self) -> bytes:
        """What separates key and value in text, TAB unless set."""
        return os.fsencode(self._properties.text(self._separator_name, "\t"))

    @property
    def key_fields(self) -> int:
        """Number of fields of the output that are the key, 1 unless set."""
        return self._properties.number(self._key_fields_name, 1)

    @property
    def is_given(self) -> bool:
        """Whether the user has set format, separator or number of key fields."""
        return self._properties.is_given(f"stream.{self.name}", self._separator_name, self._key_fields_name)

    def ignores_key(self, default: bool) -> bool:
        """Return whether a mapper that reads text gets values without keys (stream.map.input.ignoreKey)."""
        return self.io_format == "text" and self._properties.is_true(f"stream.{self.name}.ignoreKey", default)

    @property
    def _separator_name(self) -> str:
        return f"stream.{self.name}.field.separator"

    @property
    def _key_fields_name(self) -> str:
        return f"stream.num.{self.name}.key.fields"


class TaskProperties(_Theme):
    """How tasks and their commands are run, and their limits."""

    @property
    def map_attempts(self) -> int:
        """How often a map task is tried: once, as Hadoop's local runner does, unless set by the user."""
        return self._attempts("mapreduce.map.maxattempts")

    @property
    def reduce_attempts(self) -> int:
        """How often a reduce task is tried: once, as Hadoop's local runner does, unless set by the user."""
        return self._attempts("mapreduce.reduce.maxattempts")

    def _attempts(self, name: str) -> int:
        return self._properties.number(name) if self._properties.is_given(name) else 1

    @property
    def timeout(self) -> float:
        """Seconds after which a silent command is killed; 0, for never, unless set by the user (in milliseconds)."""
        name = "mapreduce.task.timeout"
        return self._properties.number(name, 0) / 1000 if self._properties.is_given(name) else 0

    @property
    def may_exit_nonzero(self) -> bool:
        """Whether a command may end with any exit status (stream.non.zero.exit.is.failure=false)."""
        return not self._properties.is_true("stream.non.zero.exit.is.failure", True)

    @property
    def records_to_leave_input_unread(self) -> int | None:
        """Records that a mapper must have written before it may leave input unread, None unless set by the user."""
        name = "stream.minRecWrittenToEnableSkip_"
        return self._properties.number(name) if self._properties.is_given(name) else None

    @property
    def reporter_prefix(self) -> bytes:
        """How a line of stderr begins that is a counter or a status, `reporter:` unless set."""
        return os.fsencode(self._properties.text("stream.stderr.reporter.prefix", "reporter:"))

    @property
    def environment_limit(self) -> int:
        """Characters of a property's value in the environment of a command, -1 for all of them."""
        return self._properties.number("stream.jobconf.truncate.limit", -1)

    @property
    def most_counters(self) -> int:
        """Number of counters that a job may have (mapreduce.job.counters.max)."""
        return self._properties.number("mapreduce.job.counters.max")

    @property
    def job_name(self) -> str:
        """Name of the job (mapreduce.job.name)."""
        return self._properties.text("mapreduce.job.name")


class ShuffleProperties(_Theme):
    """How map output is partitioned, sorted and spilled."""

    @property
    def sort_buffer_mb(self) -> int:
        """Megabytes of a map task's sort buffer. Raises Refused for a size that Hadoop does not take."""
        name = "mapreduce.task.io.sort.mb"
        size = self._properties.number(name)
        if not 0 < size < 2048:
            raise Refused(f'Invalid "{name}": {size}', "give it 1 to 2047 MB")
        return size

    @property
    def spill_share(self) -> float:
        """Share of the sort buffer at which it is spilled. Raises Refused unless it is above 0 and at most 1."""
        name = "mapreduce.map.sort.spill.percent"
        text = self._properties.text(name, DEFAULTS[name])
        with suppress(ValueError):
            if 0 < (share := float(text)) <= 1:
                return share
        raise Refused(f'Invalid "{name}": {text}', "give a number above 0 and up to 1.0")

    @property
    def spill_size(self) -> int:
        """Bytes of records, with what Hadoop keeps about them, at which a map task spills."""
        return int(self.sort_buffer_mb * (1 << 20) * self.spill_share)

    @property
    def least_spills_to_combine(self) -> int:
        """Number of spills from which on they are combined again when merged, 3 unless set, at least 2."""
        return max(self._properties.number("mapreduce.map.combine.minspills", 3), 2)

    @property
    def comparator(self) -> str:
        """Java class that compares keys, empty if not set."""
        return self._properties.text("mapreduce.job.output.key.comparator.class")

    @property
    def comparator_options(self) -> str:
        """Options of KeyFieldBasedComparator, as of sort."""
        return self._properties.text("mapreduce.partition.keycomparator.options")

    @property
    def partitioner_options(self) -> str:
        """Options of KeyFieldBasedPartitioner, as of sort."""
        return self._properties.text("mapreduce.partition.keypartitioner.options")

    @property
    def partition_fields(self) -> int:
        """Number of fields of the key that choose the partition, 0 if not set (num.key.fields.for.partition)."""
        return self._properties.number("num.key.fields.for.partition")

    @property
    def key_separator(self) -> bytes:
        """What separates the fields of a key for comparator and partitioner, TAB unless set."""
        return os.fsencode(self._properties.text("mapreduce.map.output.key.field.separator", "\t"))

    @property
    def is_compressed(self) -> bool:
        """Whether Hadoop compresses map output; here it never is."""
        return self._properties.is_true("mapreduce.map.output.compress")

    @property
    def codec(self) -> str:
        """Java class that compresses map output, used if `is_compressed`."""
        return self._properties.text("mapreduce.map.output.compress.codec")


class OutputProperties(_Theme):
    """How the output is written and committed."""

    @property
    def is_compressed(self) -> bool:
        """Whether the output is compressed."""
        return self._properties.is_true(f"{OUTPUT}.compress")

    @property
    def codec(self) -> str:
        """Java class that compresses the output, used if `is_compressed`."""
        return self._properties.text(f"{OUTPUT}.compress.codec")

    @property
    def is_compressed_by_block(self) -> bool:
        """Whether a sequence file is compressed in blocks of many records, and not record by record."""
        return self._properties.text(f"{OUTPUT}.compress.type").upper() == "BLOCK"

    @property
    def separator(self) -> bytes:
        """What separates key and value of TextOutputFormat, TAB unless set."""
        return os.fsencode(self._properties.text("mapreduce.output.textoutputformat.separator", "\t"))

    @property
    def marks_success(self) -> bool:
        """Whether the output of a job that has succeeded gets a file _SUCCESS."""
        return self._properties.is_true("mapreduce.fileoutputcommitter.marksuccessfuljobs", True)

    @property
    def committer_version(self) -> int:
        """2: the output of a task is the job's at once; 1: when the job has succeeded."""
        return self._properties.number("mapreduce.fileoutputcommitter.algorithm.version")


class StandInProperties(_Theme):
    """What the stand-ins for Java mappers and reducers are set to do."""

    @property
    def pattern(self) -> str:
        """Regular expression of RegexMapper, empty if not set."""
        return self._properties.text("mapreduce.mapper.regex")

    @property
    def pattern_group(self) -> int:
        """Group of the match that RegexMapper emits, 0 for all of it."""
        return self._properties.number("mapreduce.mapper.regexmapper..group")

    @property
    def field_separator(self) -> str:
        """Regular expression between the fields of FieldSelectionMapReduce, TAB unless set."""
        return self._properties.text("mapreduce.fieldsel.data.field.separator", "\t")

    @property
    def map_fields(self) -> str:
        """Fields that FieldSelectionMapReduce selects as a mapper, all as the value unless set."""
        return self._properties.text("mapreduce.fieldsel.map.output.key.value.fields.spec", "0-:")

    @property
    def reduce_fields(self) -> str:
        """Fields that FieldSelectionMapReduce selects as a reducer, all as the value unless set."""
        return self._properties.text("mapreduce.fieldsel.reduce.output.key.value.fields.spec", "0-:")

    @property
    def most_unique_values(self) -> str:
        """Number of values that UniqValueCount counts, Java's greatest long unless set."""
        return self._properties.text("aggregate.max.num.unique.values", str((1 << 63) - 1))


def parse_integer(name: str, text: str) -> int:
    """Parse the value of a property or, if `name` begins with a dash, of an option. Raises Refused if it is invalid.

    Only in a property Java allows blanks around the number and hexadecimal digits.
    """
    is_option = name.startswith("-")
    digits = text if is_option else trim(text)
    number = INTEGER_BOUND
    if match := DECIMAL.fullmatch(digits):
        number = int(match[0])
    elif not is_option and (match := HEXADECIMAL.fullmatch(digits)):
        number = int(match[1] + match[2], 16)
    if not -INTEGER_BOUND <= number < INTEGER_BOUND:
        raise Refused(f'{name}: For input string: "{text}"', "give a whole number")
    return number


def parse_boolean(text: str, default: bool = False) -> bool:
    """Parse a Java boolean property: `true` or `false` in any case; anything else is the default."""
    return {"true": True, "false": False}.get(text.strip().lower(), default)
