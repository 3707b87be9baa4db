"""The command line of Hadoop Streaming: generic options first, then streaming options, each by its own rules.

    -D a=b -files x.py   -input in1 in2 -output out -mapper 'x.py -v'
    \\__ generic ______/  \\__ streaming ____________________________/

The generic options end at the first word that is not one of them. A streaming option that takes several values takes
all words up to the next known streaming option. Of any other option that is given twice, the first value counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from streamtools.job.refusal import Refused

SUBCOMMANDS = ("streamjob", "dumptb", "loadtb")
GENERIC = ("D", "conf", "fs", "jt", "files", "archives", "libjars", "tokenCacheFile")
MANY = ("input", "file", "cacheFile", "cacheArchive")
ONE = (
    "output", "mapper", "combiner", "reducer", "partitioner", "inputformat", "outputformat", "inputreader", "io",
    "numReduceTasks", "mapdebug", "reducedebug", "dfs", "additionalconfspec",
)  # fmt: skip
REPEATED = ("cmdenv", "jobconf")  # one value each time
FLAGS = ("lazyOutput", "background", "verbose", "debug", "info", "help")
STREAMING = (*MANY, *ONE, *REPEATED, *FLAGS)
DEPRECATED = {
    "file": "-files",
    "cacheFile": "-files",
    "cacheArchive": "-archives",
    "jobconf": "-D",
    "dfs": "-fs",
    "additionalconfspec": "-conf",
}


@dataclass(frozen=True)
class CommandLine:
    """A parsed command line that is not interpreted yet; the `with_` and `without_` methods return changed copies.

    generic: (option, value) in order; streaming: option -> its values in order, none for a flag; words: the arguments
    of dumptb and loadtb.
    """

    subcommand: str
    generic: tuple[tuple[str, str], ...] = ()
    streaming: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "streaming", MappingProxyType(dict(self.streaming)))

    def first(self, option: str) -> str | None:
        """Return the first value of a generic option, for options of which only the first counts."""
        return next((value for name, value in self.generic if name == option), None)

    def one(self, option: str) -> str | None:
        """Return the first value of a streaming option, for options of which only the first counts."""
        values = self.streaming.get(option)
        return values[0] if values else None

    def all(self, option: str) -> tuple[str, ...]:
        """Return all values of a streaming option."""
        return self.streaming.get(option, ())

    def has(self, *options: str) -> bool:
        """Return whether one of these streaming options is given."""
        return not self.streaming.keys().isdisjoint(options)

    @property
    def asks_for_help(self) -> bool:
        """Whether the usage text is wanted instead of a job."""
        return self.has("help", "info")

    def with_generic(self, generic: Iterable[tuple[str, str]]) -> CommandLine:
        """Return a copy with other generic options."""
        return replace(self, generic=tuple(generic))

    def with_property(self, name: str, value: str) -> CommandLine:
        """Return a copy in which `-D NAME=VALUE` is the last generic option."""
        return self.with_generic((*self.generic, ("D", f"{name}={value}")))

    def with_option(self, option: str, *values: str) -> CommandLine:
        """Return a copy in which a streaming option has these values, instead of any that it had."""
        return replace(self, streaming={**self.streaming, option: values})

    def without_option(self, option: str) -> CommandLine:
        """Return a copy without a streaming option."""
        return replace(self, streaming={name: values for name, values in self.streaming.items() if name != option})


def parse(argv: Sequence[str]) -> CommandLine:
    """Parse the words of a command line. Raises Refused, with the job client's message, for an invalid one."""
    if not argv:
        raise Refused("No Arguments Given!", "st-run --help shows the options", usage=True)
    subcommand = argv[0].lower() if argv[0].lower() in SUBCOMMANDS else ""
    generic, rest = _split_generic(argv[1:] if subcommand else argv)
    if subcommand in ("dumptb", "loadtb"):
        return CommandLine(subcommand, tuple(generic), words=tuple(rest))
    return CommandLine(subcommand or "streamjob", tuple(generic), _parse_streaming(rest))


def _split_generic(words: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Split words into generic options and the rest."""
    options = []
    position = 0
    while position < len(words):
        name, value, taken = _read_generic(words, position)
        if not name:
            break
        options.append((name, value))
        position += taken
    rest = words[position + 1 :] if list(words[position : position + 1]) == ["-"] else words[position:]
    return options, [word for word in rest if word != "--"]  # Hadoop's parser of generic options drops these


def _read_generic(words: Sequence[str], position: int) -> tuple[str, str, int]:
    """Return name, value and number of words of the generic option at a position; an empty name if none is there."""
    word = words[position]
    bare = word.lstrip("-")
    if word[:1] != "-" or not bare:
        return "", "", 0
    if bare in GENERIC:
        if position + 1 == len(words):
            raise Refused(f"Missing argument for option: {bare}", usage=True)
        return bare, _unquote(words[position + 1]), 2
    name, equals, value = bare.partition("=")
    if equals and name in GENERIC:
        return name, value, 1
    return ("D", word[2:], 1) if word.startswith("-D") else ("", "", 0)


def _parse_streaming(words: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the streaming options and their values. Raises Refused for an unknown option or a stray word."""
    options: dict[str, tuple[str, ...]] = {}
    strays = []
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if word == "-" or not word.startswith("-"):
            strays.append(word)
            continue
        name = word.lstrip("-")
        if name not in STREAMING:
            hint = "put generic options before the first streaming option" if _is_generic(word) else ""
            raise Refused(f"Unrecognized option: {word}", hint, usage=True)
        values = _take_values(words, position, 0 if name in FLAGS else None if name in MANY else 1)
        if not values and name not in FLAGS:
            raise Refused(f"Missing argument for option: {name}", usage=True)
        options[name] = options.get(name, ()) + tuple(map(_unquote, values))
        position += len(values)
    if strays and options.keys().isdisjoint(("help", "info")):
        raise Refused(f"Found {len(strays)} unexpected arguments on the command line [{', '.join(strays)}]")
    return options


def _take_values(words: Sequence[str], start: int, limit: int | None) -> Sequence[str]:
    """Return the words from `start` up to the next known streaming option, at most `limit`."""
    end = start
    while end < len(words) and (limit is None or end - start < limit) and not _is_streaming(words[end]):
        end += 1
    return words[start:end]


def _is_streaming(word: str) -> bool:
    return word.startswith("-") and word.lstrip("-") in STREAMING


def _is_generic(word: str) -> bool:
    return word.startswith("-D") or word.lstrip("-").partition("=")[0] in GENERIC


def _unquote(word: str) -> str:
    """Return a word without the double quotes around it, unless there are others inside."""
    inner = word[1:-1]
    return inner if len(word) > 1 and word[0] == word[-1] == '"' and '"' not in inner else word
