"""What a mapper prints, looked at line by line."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from streamtools.formats.hadoop_codecs import read_blocks
from streamtools.records import lines_of
from streamtools.reducers.numbers import is_number, quote
from streamtools.scripts.finding import Finding

NUMERIC = 0.9  # share of the values from which on the others are probably wrong
HEAVY, MANY_KEYS = 0.5, 20  # share of the records of one key that is told, if there are so many records for each key


class Printed:
    """The lines that a mapper has printed, counted.

    separator, fields: what separates key and value, and of how many fields the key is.
    """

    def __init__(self, separator: bytes = b"\t", fields: int = 1) -> None:
        self.separator, self.fields = separator, max(fields, 1)
        self.total = self.bare = self.keyless = self.numbers = 0
        self.first_bare = b""
        self.odd: tuple[bytes, bytes] | None = None  # key and value that is not a number
        self.keys: Counter[bytes] = Counter()

    def add(self, line: bytes) -> None:
        """Count a line."""
        self.total += 1
        parts = line.split(self.separator, self.fields)
        if len(parts) <= self.fields:
            self.bare += 1
            self.first_bare = self.first_bare or line
            key, value = line, b""
        else:
            key, value = self.separator.join(parts[:-1]), parts[-1]
        self.keyless += not key
        self.keys[key] += 1
        if is_number(value):
            self.numbers += 1
        elif self.odd is None:
            self.odd = key, value


def read_printed(parts: Sequence[str], separator: bytes, fields: int) -> Printed:
    """Return what a mapper has printed to part files of whole lines."""
    printed = Printed(separator, fields)
    for path in parts:
        for block in read_blocks(path):
            for line in lines_of(block):
                printed.add(line)
    return printed


def judge(printed: Printed, *, is_script: bool) -> Iterator[Finding]:
    """Yield what is odd in a mapper's output. is_script: the reducer is a script, which needs keys and values."""
    place, total = "-mapper", printed.total
    name = "a TAB" if printed.separator == b"\t" else quote(printed.separator)
    if not total:
        yield Finding(place, "prints nothing for the sample", "check it with a line of the input by hand")
        return
    if printed.bare == total:
        problem = f"all {total:,} lines of the mapper lack {name}, so the whole line is the key"
        yield Finding(place, problem, r"print key\tvalue", is_wrong=is_script)
    elif printed.bare:
        problem = f"{printed.bare:,} of {total:,} lines lack {name}, the first is {quote(printed.first_bare)}"
        yield Finding(place, problem, "does the mapper print something else? write it to stderr")
    if printed.keyless:
        yield Finding(place, f"{printed.keyless:,} of {total:,} lines have an empty key", "leave them out")
    if printed.odd and NUMERIC * total <= printed.numbers < total:
        key, value = printed.odd
        problem = f"{total - printed.numbers:,} of {total:,} values are not numbers, the first is {quote(value)}"
        yield Finding(place, f"{problem} of key {quote(key)}", "does the mapper print something else?")
    key, records = printed.keys.most_common(1)[0]
    if records > HEAVY * total and total >= MANY_KEYS * len(printed.keys) > MANY_KEYS:
        problem = f"key {quote(key)} has {records / total:.0%} of the records, and one reducer gets them all"
        yield Finding(place, problem, "use a combiner, or a key that spreads them", is_wrong=False)


def judge_stderr(lines: Iterable[bytes], tasks: int, place: str) -> Iterator[Finding]:
    """Yield what commands have written to stderr: a remark if it is little, as a line for each of the tasks."""
    shown = [line for line in lines if line.strip()]
    if shown:
        problem = f"{len(shown):,} lines on stderr, the first is {quote(shown[0])}"
        remedy = "leave out what nobody reads, a long run writes it for all records"
        yield Finding(place, problem, remedy, is_wrong=len(shown) > 3 * tasks)
