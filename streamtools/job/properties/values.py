"""Properties as a mapping, and the parsing of their values as Java has it."""

import re
from collections.abc import Iterator, Mapping

from streamtools.java.primitives import DECIMAL
from streamtools.java.strings import trim
from streamtools.job.properties.defaults import DEFAULTS
from streamtools.job.refusal import Refused

HEXADECIMAL = re.compile(r"(-?)0[xX]([0-9A-Fa-f]+)")
INTEGER_BOUND = 1 << 31  # of Java's int


class Values(Mapping[str, str]):
    """Properties by their present names, with defaults, values expanded; an empty value counts as not set.

    given: the properties that the user has set, not expanded.
    """

    def __init__(self, values: Mapping[str, str], given: Mapping[str, str]) -> None:
        self._values, self.given = values, given

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def is_given(self, *names: str) -> bool:
        """Return whether the user has set one of these properties."""
        return not self.given.keys().isdisjoint(names)

    def text(self, name: str, default: str = "") -> str:
        """Return the value of a property, or `default` if it is not set."""
        return self._values.get(name, default)

    def number(self, name: str, default: int | None = None) -> int:
        """Return an integer, if not set `default` or that of DEFAULTS or 0. Raises Refused for any other text."""
        if (text := self._values.get(name)) is None:
            return int(DEFAULTS.get(name, "0")) if default is None else default
        return parse_integer(name, text)

    def is_true(self, name: str, default: bool = False) -> bool:
        """Return a boolean property, or `default` if it is neither true nor false."""
        return parse_boolean(self._values.get(name, ""), default)


class Theme:
    """Typed access to properties that belong together."""

    def __init__(self, values: Values) -> None:
        self.values = values


def parse_integer(name: str, text: str) -> int:
    """Parse the value of a property or, if `name` begins with a dash, of an option. Raises Refused if it is invalid.

    Only in a property Java allows blanks around the number and hexadecimal digits.
    """
    is_option = name.startswith("-")
    digits = text if is_option else trim(text)
    number = INTEGER_BOUND
    if match := DECIMAL.fullmatch(digits):
        number = int(match[0])
    elif not is_option and (match := HEXADECIMAL.fullmatch(digits)):
        number = int(match[1] + match[2], 16)
    if not -INTEGER_BOUND <= number < INTEGER_BOUND:
        raise Refused(f'{name}: For input string: "{text}"', "give a whole number")
    return number


def parse_boolean(text: str, default: bool = False) -> bool:
    """Parse a Java boolean property: `true` or `false` in any case; anything else is the default."""
    return {"true": True, "false": False}.get(text.strip().lower(), default)
