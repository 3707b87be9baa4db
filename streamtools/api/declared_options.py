"""The options that a job declares: taken from a command line, and written on those of its tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from streamtools.errors import UsageError


class Option(NamedTuple):
    """An option of a job. type: makes its value of the text; bool: it takes no value. required: it has no default."""

    name: str
    type: Callable[[str], object]
    default: object
    help: str
    required: bool

    @property
    def attribute(self) -> str:
        """The name of its value in `job.options`."""
        return self.name.lstrip("-").replace("-", "_")

    @property
    def is_flag(self) -> bool:
        """Whether it takes no value."""
        return self.type is bool

    def parse(self, text: str) -> object:
        """Return the value of a text. Raises UsageError if its type refuses it."""
        try:
            return True if self.is_flag else self.type(text)
        except (ValueError, TypeError) as error:
            name = getattr(self.type, "__name__", "value")
            raise UsageError(f"{self.name} {text}", f"invalid {name}: {error}", "correct it") from None

    def describe(self) -> str:
        """Return its line of help."""
        usage = self.name if self.is_flag else f"{self.name} {getattr(self.type, '__name__', 'value').upper()}"
        more = "  [required]" if self.required else "" if self.is_flag else f"  [default: {self.default}]"
        return f"  {usage:<24} {self.help}{more}".rstrip()


class Options:
    """The values of a job's options, as attributes."""

    def __init__(self) -> None:
        self._declared: dict[str, Option] = {}
        self._texts: list[str] = []

    def declare(self, option: Option) -> None:
        """Add an option. Raises UsageError if its name cannot be used."""
        if not option.name.startswith("--") or not option.attribute.isidentifier() or option.attribute[0] == "_":
            raise UsageError(f"job.option({option.name!r})", "invalid name of an option", "write it like --most-used")
        self._declared[option.name] = option
        setattr(self, option.attribute, False if option.is_flag else option.default)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the job has no option --{name.replace('_', '-')}; declare it with job.option")

    def take(self, words: Sequence[str]) -> list[str]:
        """Set the values that words of a command line give; return the other words."""
        rest = []
        waiting = iter(words)
        for word in waiting:
            name, equals, text = word.partition("=")
            option = self._declared.get(name)
            if option is None:
                rest.append(word)
                continue
            if not option.is_flag and not equals:
                text = self._value_after(option, waiting)
            setattr(self, option.attribute, option.parse(text))
            self._texts += [name] if option.is_flag else [f"{name}={text}"]
        return rest

    def check(self) -> None:
        """Raise UsageError if a required option is missing."""
        given = {text.partition("=")[0] for text in self._texts}
        for option in self._declared.values():
            if option.required and option.name not in given:
                raise UsageError(option.name, "missing option of the job", f"add {option.name} VALUE")

    @contextmanager
    def restored(self) -> Iterator[None]:
        """Give all values back, at the end of a with block, that were set in it."""
        before = {**vars(self), "_texts": self.texts()}
        try:
            yield
        finally:
            vars(self).clear()
            vars(self).update(before)

    @contextmanager
    def given(self, values: Mapping[str, object]) -> Iterator[None]:
        """Set options while the body runs, by their names in `job.options`; a text is parsed as on a command line.

        Raises UsageError for one that is not declared, invalid or missing.
        """
        by_attribute = {option.attribute: option for option in self._declared.values()}
        with self.restored():
            for name, value in values.items():
                if name not in by_attribute:
                    declared = ", ".join(by_attribute) or "none"
                    raise UsageError(f"options={{{name!r}: ...}}", "no such option", f"the job declares {declared}")
                option = by_attribute[name]
                setattr(self, name, option.parse(value) if isinstance(value, str) else value)
                if not option.is_flag:
                    self._texts.append(f"{option.name}={value}")
                elif getattr(self, name):
                    self._texts.append(option.name)
            self.check()
            yield

    @property
    def names(self) -> set[str]:
        """The names of the declared options in `job.options`."""
        return {option.attribute for option in self._declared.values()}

    def texts(self) -> list[str]:
        """Return the words that give the same values to a task."""
        return list(self._texts)

    def describe(self) -> list[str]:
        """Return a line of help for each option."""
        return [option.describe() for option in self._declared.values()]

    @staticmethod
    def _value_after(option: Option, words: Iterator[str]) -> str:
        text = next(words, None)
        if text is None:
            raise UsageError(option.name, "missing value", f"write {option.name} VALUE")
        return text
