"""The counters of a round, which decide whether it was the last one: a name that no task has counted is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from streamtools.errors import UsageError
from streamtools.local.counters import HADOOP_GROUPS
from streamtools.toml_files import suggest

Name = tuple[str, str]  # group, name
OF_HADOOP = {group.strip() for group in (*HADOOP_GROUPS, "Job Counters", "File System Counters")}


class Counted(Counter[Name]):
    """Counters by (group, name). What earlier rounds have counted is 0 if this one has not.

    Looking one up that no round has counted raises UsageError with the names that there are: it is probably mistyped,
    and as a 0 it would end a repetition at once, or never.
    """

    def __missing__(self, key: Name) -> int:
        group, name = key
        group = group.strip()
        known = ["/".join(each) for each in self if (each[0].strip() == group if group in OF_HADOOP else _is_own(each))]
        zero = f"reporter:counter:{group},{name},0"
        remedies = [suggest(f"{group}/{name}", sorted(known))] if known else []
        remedies.append(f"a step with nothing to count writes {zero}")
        raise UsageError("", f"no task has counted {group}/{name}", "; ".join(remedies))

    def find(self, group: str, name: str) -> int:
        """Return the amount of a counter, whatever blanks are around its names: Hadoop has names that end in one.

        Raises UsageError if no round has counted it.
        """
        found = [amount for key, amount in self.items() if (key[0].strip(), key[1].strip()) == (group, name)]
        return sum(found) if found else self[group, name]

    def after(self, earlier: Iterable[Name]) -> Counted:
        """Return the counters with 0 for what only earlier rounds have counted."""
        return Counted({**dict.fromkeys(earlier, 0), **self})


def add_up(counters: Iterable[Mapping[Name, int]]) -> Counted:
    """Return the counters of a round whose jobs have these."""
    total = Counted()
    for each in counters:
        for key, amount in each.items():
            total[key] = total.get(key, 0) + amount
    return total


def _is_own(name: Name) -> bool:
    return name[0].strip() not in OF_HADOOP
