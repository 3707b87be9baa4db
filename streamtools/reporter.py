"""Counters of a task, what happens to a bad record, and how both are told to Hadoop or to a person."""

from collections import Counter

from streamtools.errors import DataError

GROUP = "streamtools"
SKIPPED = "Skipped records"


class Reporter:
    """Collects what a mapper or reducer has to say about its records.

    skip: a bad record is left out and counted, where it otherwise ends the task; source: what line numbers refer to.
    """

    def __init__(self, source: str = "stdin", skip: bool = False) -> None:
        self.source = source
        self.skip = skip
        self.counters: Counter[str] = Counter()
        self.remarks: list[str] = []

    def bad_record(self, line: int, problem: str) -> None:
        """Count the record at `line` (from 1) as skipped; raises DataError where bad records are not skipped."""
        place = f"{self.source}:{line}"
        if not self.skip:
            raise DataError(place, problem, "mend the input or leave such records out with --on-error skip")
        if not self.counters[SKIPPED]:
            self.remarks.append(f"first skipped record: {place}: {problem}")
        self.counters[SKIPPED] += 1

    def remark(self, text: str) -> None:
        """Say something once to whoever runs the task; not an error."""
        if text not in self.remarks:
            self.remarks.append(text)

    def told_to_hadoop(self) -> list[str]:
        """The counters as lines for the stderr of a streaming task, and the remarks as plain log lines."""
        return [counter_line(GROUP, name, amount) for name, amount in self.counters.items()] + self.remarks

    def told_to_a_person(self) -> list[str]:
        """The counters and remarks as lines to read."""
        return [f"{amount:,} {name.lower()}" for name, amount in self.counters.items()] + self.remarks


def counter_line(group: str, name: str, amount: int) -> str:
    """Hadoop Streaming's line for incrementing a counter; a comma in a name would part it and becomes a semicolon."""
    return f"reporter:counter:{group.replace(',', ';')},{name.replace(',', ';')},{amount}"
