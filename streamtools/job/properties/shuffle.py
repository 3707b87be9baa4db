"""Properties of the shuffle: how map output is partitioned, sorted and spilled."""

import os
from math import nan

from streamtools.job.properties.defaults import DEFAULTS
from streamtools.job.properties.values import Theme
from streamtools.job.refusal import Refused

SORT_BUFFER = "mapreduce.task.io.sort.mb"
SPILL_SHARE = "mapreduce.map.sort.spill.percent"


class ShuffleProperties(Theme):
    """How map output is partitioned, sorted and spilled."""

    @property
    def sort_buffer_mb(self) -> int:
        """Megabytes of a map task's sort buffer."""
        return self.values.number(SORT_BUFFER)

    @property
    def spill_share(self) -> float:
        """Share of the sort buffer at which it is spilled; nan if it is not a number."""
        try:
            return float(self.values.text(SPILL_SHARE, DEFAULTS[SPILL_SHARE]))
        except ValueError:
            return nan

    def check_sort_buffer(self) -> None:
        """Raise Refused for a sort buffer that Hadoop's map tasks do not take."""
        if not 0 < self.sort_buffer_mb < 2048:
            raise Refused(f'Invalid "{SORT_BUFFER}": {self.sort_buffer_mb}', "give it 1 to 2047 MB")
        if not 0 < self.spill_share <= 1:
            problem = f'Invalid "{SPILL_SHARE}": {self.values.text(SPILL_SHARE)}'
            raise Refused(problem, "give a number above 0 and up to 1.0")

    @property
    def spill_size(self) -> int:
        """Bytes of records, with what Hadoop keeps about them, at which a map task spills."""
        return int(self.sort_buffer_mb * (1 << 20) * self.spill_share)

    @property
    def least_spills_to_combine(self) -> int:
        """Number of spills from which on they are combined again when merged, 3 unless set, at least 2."""
        return max(self.values.number("mapreduce.map.combine.minspills", 3), 2)

    @property
    def comparator(self) -> str:
        """Java class that compares keys, empty if not set."""
        return self.values.text("mapreduce.job.output.key.comparator.class")

    @property
    def comparator_options(self) -> str:
        """Options of KeyFieldBasedComparator, as of sort."""
        return self.values.text("mapreduce.partition.keycomparator.options")

    @property
    def partitioner_options(self) -> str:
        """Options of KeyFieldBasedPartitioner, as of sort."""
        return self.values.text("mapreduce.partition.keypartitioner.options")

    @property
    def partition_fields(self) -> int:
        """Number of fields of the key that choose the partition, 0 if not set (num.key.fields.for.partition)."""
        return self.values.number("num.key.fields.for.partition")

    @property
    def key_separator(self) -> bytes:
        """What separates the fields of a key for comparator and partitioner, TAB unless set."""
        return os.fsencode(self.values.text("mapreduce.map.output.key.field.separator", "\t"))

    @property
    def is_compressed(self) -> bool:
        """Whether Hadoop compresses map output; here it never is."""
        return self.values.is_true("mapreduce.map.output.compress")

    @property
    def codec(self) -> str:
        """Java class that compresses map output, used if `is_compressed`."""
        return self.values.text("mapreduce.map.output.compress.codec")
