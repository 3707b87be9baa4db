"""Properties of the input: how it is found, split and read."""

import os

from streamtools.job.properties.values import Theme

INPUT = "mapreduce.input.fileinputformat"
MAPS = "mapreduce.job.maps"
BLOCK_SIZE, USUAL_BLOCK = "fs.local.block.size", 32 << 20
CUTS_COMPRESSED = "streamtools.split.packed"
MEMBER = "streamtools.input.member"
ON_ERROR, SKIP_MEMBER = "streamtools.input.onerror", "skip-member"


class InputProperties(Theme):
    """How the input is found, split and read."""

    @property
    def is_recursive(self) -> bool:
        """Whether directories inside an input directory are read, too."""
        return self.values.is_true(f"{INPUT}.input.dir.recursive")

    @property
    def skips_directories(self) -> bool:
        """Whether directories inside an input directory are ignored instead of refused."""
        return self.values.is_true(f"{INPUT}.input.dir.nonrecursive.ignore.subdirs")

    @property
    def maps(self) -> int:
        """Number of map tasks that the user wants at least, 1 unless set (mapreduce.job.maps)."""
        return self.values.number(MAPS) if self.values.given.get(MAPS, "").isdecimal() else 1

    @property
    def has_maps(self) -> bool:
        """Whether the user has set a number of map tasks."""
        return self.values.is_given(MAPS)

    @property
    def least_split_size(self) -> int:
        """Least bytes of a split, 1 or more (mapreduce.input.fileinputformat.split.minsize)."""
        return max(self.values.number(f"{INPUT}.split.minsize"), 1)

    @property
    def block_size(self) -> int:
        """Most bytes of a split (fs.local.block.size), 32 MB as for Hadoop's local file system."""
        return self.values.number(BLOCK_SIZE, USUAL_BLOCK)

    @property
    def cuts_compressed(self) -> bool:
        """Whether compressed files that Hadoop cannot split are split here (streamtools.split.packed)."""
        return self.values.is_true(CUTS_COMPRESSED)

    @property
    def member(self) -> str | None:
        """A glob for the members of archives that are read, None for all (streamtools.input.member)."""
        return self.values.get(MEMBER) or None

    @property
    def skips_damage(self) -> bool:
        """Whether what is damaged in an archive is left out (streamtools.input.onerror)."""
        return self.values.get(ON_ERROR) == SKIP_MEMBER

    @property
    def lines_per_split(self) -> int:
        """Lines of a split of NLineInputFormat (mapreduce.input.lineinputformat.linespermap)."""
        return self.values.number("mapreduce.input.lineinputformat.linespermap")

    @property
    def longest_line(self) -> int:
        """Bytes of a line from which on it is skipped, 0 for no limit (mapreduce.input.linerecordreader...)."""
        return self.values.number("mapreduce.input.linerecordreader.line.maxlength")

    @property
    def delimiter(self) -> bytes | None:
        """What ends a record of TextInputFormat instead of a line end, None if not set."""
        delimiter = self.values.get("textinputformat.record.delimiter")
        return None if delimiter is None else os.fsencode(delimiter)

    @property
    def separator(self) -> bytes:
        """One byte between key and value of KeyValueTextInputFormat, TAB unless set; of a character the low byte."""
        text = self.values.text("mapreduce.input.keyvaluelinerecordreader.key.value.separator", "\t")
        return bytes([ord(text[0]) & 0xFF])

    @property
    def reader(self) -> str:
        """Class of the record reader of StreamInputFormat (-inputreader), LineRecordReader unless set."""
        return self.values.text("stream.recordreader.class", "LineRecordReader")

    @property
    def path_filter(self) -> str:
        """Java class that chooses input paths, empty if not set."""
        return self.values.text("mapreduce.input.pathFilter.class")

    @property
    def xml_marks(self) -> tuple[str, str]:
        """Begin and end mark of a record of StreamXmlRecordReader, empty if not set."""
        values = self.values
        return values.text("stream.recordreader.begin"), values.text("stream.recordreader.end")

    @property
    def xml_look_ahead(self) -> int:
        """Bytes in which StreamXmlRecordReader looks for a mark: lookahead, at least maxrec (50,000 unless set)."""
        longest = self.values.number("stream.recordreader.maxrec", 50_000)
        return max(longest, self.values.number("stream.recordreader.lookahead", 2 * longest))

    @property
    def xml_marks_are_patterns(self) -> bool:
        """Whether the marks are regular expressions, and void inside CDATA (slowmatch)."""
        return self.values.is_true("stream.recordreader.slowmatch")
