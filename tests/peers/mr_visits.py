"""A job that uses what mrjob's examples leave out: counters, status, a combiner, setup, files, sorted values, steps."""

from collections.abc import Iterator

from mrjob.job import MRJob
from mrjob.step import MRStep


class MRVisits(MRJob):  # type: ignore[misc]
    SORT_VALUES = True
    FILES = ("names.txt",)

    def steps(self) -> list[MRStep]:
        return [
            MRStep(mapper_init=self.read_names, mapper=self.parse, combiner=self.add, reducer=self.total),
            MRStep(reducer=self.in_order),
        ]

    def read_names(self) -> None:
        with open("names.txt") as names:
            self.names = dict(line.split() for line in names)

    def parse(self, _key: None, line: str) -> Iterator[tuple[str, int]]:
        user, amount = line.split("\t")
        if not amount.isdigit():
            self.increment_counter("lines", "bad, and skipped")
            return
        self.increment_counter("lines", "good")
        self.increment_counter("amounts", "sum", int(amount))
        self.set_status("at " + user)
        yield self.names.get(user, user), int(amount)

    def add(self, user: str, amounts: Iterator[int]) -> Iterator[tuple[str, int]]:
        yield user, sum(amounts)

    def total(self, user: str, amounts: Iterator[int]) -> Iterator[tuple[int, list[object]]]:
        self.increment_counter("users", "all")
        yield len(user), [sum(amounts), user]

    def in_order(self, size: int, totals: Iterator[list[object]]) -> Iterator[tuple[int, list[list[object]]]]:
        yield size, list(totals)


if __name__ == "__main__":
    MRVisits.run()
