"""Properties of the output: how it is written and committed."""

import os

from streamtools.job.properties.values import Theme

OUTPUT = "mapreduce.output.fileoutputformat"


class OutputProperties(Theme):
    """How the output is written and committed."""

    @property
    def is_compressed(self) -> bool:
        """Whether the output is compressed."""
        return self.values.is_true(f"{OUTPUT}.compress")

    @property
    def codec(self) -> str:
        """Java class that compresses the output, used if `is_compressed`."""
        return self.values.text(f"{OUTPUT}.compress.codec")

    @property
    def is_compressed_by_block(self) -> bool:
        """Whether a sequence file is compressed in blocks of many records, and not record by record."""
        return self.values.text(f"{OUTPUT}.compress.type").upper() == "BLOCK"

    @property
    def separator(self) -> bytes:
        """What separates key and value of TextOutputFormat, TAB unless set."""
        return os.fsencode(self.values.text("mapreduce.output.textoutputformat.separator", "\t"))

    @property
    def marks_success(self) -> bool:
        """Whether the output of a job that has succeeded gets a file _SUCCESS."""
        return self.values.is_true("mapreduce.fileoutputcommitter.marksuccessfuljobs", True)

    @property
    def committer_version(self) -> int:
        """2: the output of a task is the job's at once; 1: when the job has succeeded."""
        return self.values.number("mapreduce.fileoutputcommitter.algorithm.version")
