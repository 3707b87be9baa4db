"""The command line of Hadoop Streaming: generic options first, then streaming options, each by its own rules.

    -D a=b -files x.py   -input in1 in2 -output out -mapper 'x.py -v'
    \\__ generic ______/  \\__ streaming ____________________________/

Generic options end at the first word that is none of them. A streaming option that may take several values takes all
words up to the next known streaming option; of another one given twice the first counts.
"""

from dataclasses import dataclass, field

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
    """A command line, parted but not yet understood.

    generic: (option, value) in order; streaming: option -> its values in order, an empty list for a flag.
    """

    subcommand: str
    generic: list[tuple[str, str]]
    streaming: dict[str, list[str]] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)  # what follows dumptb and loadtb

    def first(self, option: str) -> str | None:
        """The value of a generic option that counts once: the first."""
        return next((value for name, value in self.generic if name == option), None)

    def one(self, option: str) -> str | None:
        """The value of an option that counts once: the first."""
        values = self.streaming.get(option)
        return values[0] if values else None

    def all(self, option: str) -> list[str]:
        """All values of an option."""
        return self.streaming.get(option, [])


def parse(argv: list[str]) -> CommandLine:
    """Part a command line; raises Refused with the client's message for one that it does not take."""
    if not argv:
        raise Refused("No Arguments Given!", "st-run --help shows how", usage=True)
    subcommand = argv[0].lower() if argv[0].lower() in SUBCOMMANDS else ""
    generic, rest = _generic(argv[1:] if subcommand else argv)
    if subcommand in ("dumptb", "loadtb"):
        return CommandLine(subcommand, generic, words=rest)
    return CommandLine(subcommand or "streamjob", generic, _streaming(rest))


def _generic(words: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    options = []
    position = 0
    while position < len(words):
        name, value, taken = _generic_option(words, position)
        if not name:
            break
        options.append((name, value))
        position += taken
    rest = words[position + 1 :] if words[position : position + 1] == ["-"] else words[position:]
    return options, [word for word in rest if word != "--"]  # the parser of generic options lets these fall


def _generic_option(words: list[str], position: int) -> tuple[str, str, int]:
    """The name (empty: no generic option), value and number of words of the option at a position."""
    word = words[position]
    bare = word.lstrip("-")
    if word[:1] != "-" or not bare:
        return "", "", 0
    if bare in GENERIC:
        if position + 1 == len(words):
            raise Refused(f"Missing argument for option: {bare}", usage=True)
        return bare, unquoted(words[position + 1]), 2
    name, equals, value = bare.partition("=")
    if equals and name in GENERIC:
        return name, value, 1
    return ("D", word[2:], 1) if word.startswith("-D") else ("", "", 0)


def _streaming(words: list[str]) -> dict[str, list[str]]:
    options: dict[str, list[str]] = {}
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
            hint = "generic options go before the first streaming option" if _is_generic(word) else ""
            raise Refused(f"Unrecognized option: {word}", hint, usage=True)
        values = _values(words, position, 0 if name in FLAGS else None if name in MANY else 1)
        if not values and name not in FLAGS:
            raise Refused(f"Missing argument for option: {name}", usage=True)
        options.setdefault(name, []).extend(map(unquoted, values))
        position += len(values)
    if strays and not options.keys() & {"help", "info"}:
        raise Refused(f"Found {len(strays)} unexpected arguments on the command line [{', '.join(strays)}]")
    return options


def _values(words: list[str], start: int, limit: int | None) -> list[str]:
    """The words from `start` up to the next known streaming option, at most `limit`."""
    end = start
    while end < len(words) and (limit is None or end - start < limit) and not _is_streaming(words[end]):
        end += 1
    return words[start:end]


def _is_streaming(word: str) -> bool:
    return word.startswith("-") and word.lstrip("-") in STREAMING


def _is_generic(word: str) -> bool:
    return word.startswith("-D") or word.lstrip("-").partition("=")[0] in GENERIC


def unquoted(word: str) -> str:
    """A word without the pair of double quotes around it, if there are no others inside."""
    inner = word[1:-1]
    return inner if len(word) > 1 and word[0] == word[-1] == '"' and '"' not in inner else word
