"""Properties of the stand-ins for Java mappers and reducers."""

from streamtools.job.properties.values import Theme


class StandInProperties(Theme):
    """What the stand-ins for Java mappers and reducers are set to do."""

    @property
    def pattern(self) -> str:
        """Regular expression of RegexMapper, empty if not set."""
        return self.values.text("mapreduce.mapper.regex")

    @property
    def pattern_group(self) -> int:
        """Group of the match that RegexMapper emits, 0 for all of it."""
        return self.values.number("mapreduce.mapper.regexmapper..group")

    @property
    def field_separator(self) -> str:
        """Regular expression between the fields of FieldSelectionMapReduce, TAB unless set."""
        return self.values.text("mapreduce.fieldsel.data.field.separator", "\t")

    @property
    def map_fields(self) -> str:
        """Fields that FieldSelectionMapReduce selects as a mapper, all as the value unless set."""
        return self.values.text("mapreduce.fieldsel.map.output.key.value.fields.spec", "0-:")

    @property
    def reduce_fields(self) -> str:
        """Fields that FieldSelectionMapReduce selects as a reducer, all as the value unless set."""
        return self.values.text("mapreduce.fieldsel.reduce.output.key.value.fields.spec", "0-:")

    @property
    def most_unique_values(self) -> str:
        """Number of values that UniqValueCount counts, Java's greatest long unless set."""
        return self.values.text("aggregate.max.num.unique.values", str((1 << 63) - 1))
