"""What a mapper or reducer reports besides its records: counters, bad records, remarks."""

from collections import Counter
from collections.abc import Callable

from streamtools.errors import DataError

GROUP = "streamtools"
SKIPPED = "Skipped records"


class BadRecord(DataError):
    """A record that ends a task. line: its number in the input of its stage, from 1. role: of the stage, if known."""

    line = 0
    role = ""


class Reporter:
    """Collects the counters and remarks of a mapper or reducer.

    skip: whether a bad record is left out and counted; otherwise it ends the task. source: what line numbers refer to.
    listen: takes lines for stderr at once, where a task has that for its stages.

    moved: returns something else when the stage has got on to another record, if the stage tells that.
    """

    moved: "Callable[[], object] | None" = None

    def __init__(
        self, source: str = "stdin", skip: bool = False, listen: "Callable[[list[bytes]], None] | None" = None
    ) -> None:
        self.source = source
        self.skip = skip
        self.listen = listen
        self.counters: Counter[str] = Counter()
        self.remarks: list[str] = []

    def bad_record(self, line: int, problem: str) -> None:
        """Count the record at `line` (from 1) as skipped. Raises BadRecord unless bad records are skipped."""
        place = f"{self.source}:{line}"
        if not self.skip:
            error = BadRecord(place, problem, "correct the input, or leave out such records with --on-error skip")
            error.line = line
            raise error
        if not self.counters[SKIPPED]:
            self.remarks.append(f"first skipped record: {place}: {problem}")
        self.counters[SKIPPED] += 1

    def remark(self, text: str) -> None:
        """Add a remark for whoever runs the task, unless it is there already."""
        if text not in self.remarks:
            self.remarks.append(text)

    def hadoop_lines(self) -> list[str]:
        """Return the lines for the stderr of a streaming task: counters in Hadoop's form, remarks as they are."""
        return [counter_line(GROUP, name, amount) for name, amount in self.counters.items()] + self.remarks

    def readable_lines(self) -> list[str]:
        """Return counters and remarks as lines for people."""
        return [f"{amount:,} {name.lower()}" for name, amount in self.counters.items()] + self.remarks


def counter_line(group: str, name: str, amount: int) -> str:
    """Return Hadoop Streaming's line that adds to a counter; a comma in a name would end it and becomes a semicolon."""
    return f"reporter:counter:{group.replace(',', ';')},{name.replace(',', ';')},{amount}"
