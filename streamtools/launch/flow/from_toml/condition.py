"""A condition on the counters of a job, as a TOML file has it: `GROUP/NAME < 10`."""

import operator
import re

from streamtools.errors import UsageError
from streamtools.launch.flow.counted import Counted
from streamtools.launch.flow.step import Until

COMPARISONS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
CONDITION = re.compile(
    r"\s*(?P<group>.*\S)\s*/\s*(?P<name>[^/]*?\S)\s*(?P<sign>[=!<>]=|<|>)\s*(?P<number>-?[0-9][0-9_]*)\s*"
)


def parse_condition(text: str) -> Until:
    """Return the function of a condition. The name of the counter follows the last slash; blanks around it are free.

    Raises UsageError for one that is not written so.
    """
    match = CONDITION.fullmatch(text)
    if not match:
        raise UsageError("", f"{text!r} is not a condition on a counter", 'write it like until = "group/name == 0"')
    group, name = match["group"], match["name"]
    compare, bound = COMPARISONS[match["sign"]], int(match["number"].replace("_", ""))

    def holds(counters: Counted, _number: int) -> bool:
        return bool(compare(counters.find(group, name), bound))

    return holds
