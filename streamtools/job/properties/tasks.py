"""Properties of tasks: how they and their commands are run, and their limits."""

import os

from streamtools.job.properties.values import Theme


class TaskProperties(Theme):
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
        return self.values.number(name) if self.values.is_given(name) else 1

    @property
    def timeout(self) -> float:
        """Seconds after which a silent command is killed; 0, for never, unless set by the user (in milliseconds)."""
        name = "mapreduce.task.timeout"
        return self.values.number(name, 0) / 1000 if self.values.is_given(name) else 0

    @property
    def join_delay(self) -> float:
        """Seconds to read on from a command that has ended (stream.joindelay.milli); 0, without a limit, unless set."""
        return self.values.number("stream.joindelay.milli", 0) / 1000

    @property
    def may_exit_nonzero(self) -> bool:
        """Whether a command may end with any exit status (stream.non.zero.exit.is.failure=false)."""
        return not self.values.is_true("stream.non.zero.exit.is.failure", True)

    @property
    def records_to_leave_input_unread(self) -> int | None:
        """Records that a mapper must have written before it may leave input unread, None unless set by the user."""
        name = "stream.minRecWrittenToEnableSkip_"
        return self.values.number(name) if self.values.is_given(name) else None

    @property
    def reporter_prefix(self) -> bytes:
        """How a line of stderr begins that is a counter or a status, `reporter:` unless set."""
        return os.fsencode(self.values.text("stream.stderr.reporter.prefix", "reporter:"))

    @property
    def environment_limit(self) -> int:
        """Characters of a property's value in the environment of a command, -1 for all of them."""
        return self.values.number("stream.jobconf.truncate.limit", -1)

    @property
    def most_counters(self) -> int:
        """Number of counters that a job may have (mapreduce.job.counters.max)."""
        return self.values.number("mapreduce.job.counters.max")

    @property
    def job_name(self) -> str:
        """Name of the job (mapreduce.job.name)."""
        return self.values.text("mapreduce.job.name")
