"""The properties of a job, with typed access to those that streamtools uses, by theme."""

from streamtools.job.properties.input import InputProperties
from streamtools.job.properties.output import OutputProperties
from streamtools.job.properties.shuffle import ShuffleProperties
from streamtools.job.properties.stand_ins import StandInProperties
from streamtools.job.properties.streams import StreamProperties
from streamtools.job.properties.tasks import TaskProperties
from streamtools.job.properties.values import Values

REDUCES = "mapreduce.job.reduces"


class Properties(Values):
    """All properties of a job."""

    @property
    def reduces(self) -> int:
        """Number of reduce tasks."""
        return self.number(REDUCES)

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
