"""The job as a value: what the local engine and the clusters' launchers read."""

from __future__ import annotations

from dataclasses import dataclass

from streamtools.java import class_names
from streamtools.job.command_line import CommandLine
from streamtools.job.properties import Properties
from streamtools.job.shipped import Shipped

STDOUT = "-"  # as -output: results go to stdout


@dataclass(frozen=True)
class Stage:
    """A mapper, combiner or reducer: a command line to be split by Hadoop's rules, or the full name of a Java class."""

    text: str
    is_command: bool


@dataclass(frozen=True)
class Job:
    """One map and reduce step, immutable and checked; `build_job` makes it."""

    inputs: tuple[str, ...]
    output: str
    mapper: Stage
    combiner: Stage | None
    reducer: Stage
    properties: Properties
    input_format: str
    output_format: str
    partitioner: str
    shipped: tuple[Shipped, ...]  # files and archives that tasks find under link names of their own
    command_line: CommandLine
    warnings: tuple[str, ...] = ()

    @property
    def reduces(self) -> int:
        """Number of reduce tasks."""
        return self.properties.reduces

    @property
    def packed(self) -> tuple[str, ...]:
        """Files of -file, which tasks find under their base names."""
        return self.command_line.all("file")

    @property
    def is_lazy(self) -> bool:
        """Whether a part file is made only when it has a record (-lazyOutput)."""
        return self.command_line.has("lazyOutput")

    @property
    def is_background(self) -> bool:
        """Whether the job client does not wait for the job, so that its exit status is 0 (-background)."""
        return self.command_line.has("background")

    @property
    def environment(self) -> tuple[tuple[str, str], ...]:
        """Variables that -cmdenv sets; Hadoop joins all values with blanks and splits them at blanks again."""
        words = " ".join(self.command_line.all("cmdenv")).split(" ")
        return tuple((name, value) for name, equals, value in (word.partition("=") for word in words) if equals)

    @property
    def reads_xml(self) -> bool:
        """Whether records are read by StreamXmlRecordReader."""
        return self.input_format == class_names.STREAM_INPUT and self.properties.input.reader == class_names.XML_READER

    @property
    def ignores_input_key(self) -> bool:
        """Whether a mapper that is a command gets values alone; by default lines of TextInputFormat without offset."""
        return self.properties.map_input.ignores_key(self.input_format == class_names.TEXT_INPUT)

    @property
    def map_output_classes(self) -> tuple[str, str]:
        """Java classes of the keys and values that the mapper must emit."""
        return _classes_of(self.properties, "mapreduce.map.output")

    @property
    def output_classes(self) -> tuple[str, str]:
        """Java classes of the keys and values of the output."""
        return _classes_of(self.properties, "mapreduce.job.output")


def _classes_of(properties: Properties, prefix: str) -> tuple[str, str]:
    return properties.text(f"{prefix}.key.class"), properties.text(f"{prefix}.value.class")
