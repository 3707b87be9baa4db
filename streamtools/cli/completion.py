"""What a shell may offer for the last word of a command line: options, their values, built-in names, properties.

A shell calls the tool itself with the words up to the cursor, and asks for candidates by an environment variable:

    _STREAMTOOLS_COMPLETE=1 st-run -input in -mapper "'st-map w"   -->   st-map words TAB Write each word in ...

Nothing is printed where the name of a file is expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import NamedTuple

import click

LIBRARIES = ("st-map", "st-combine", "st-reduce")
FILTERS = ("st-cat", "st-sort")  # that may stand in a job, too
STAGES = {"-mapper": ("st-map", *FILTERS), "-combiner": ("st-combine",), "-reducer": ("st-reduce", *FILTERS)}
SUBCOMMANDS = {
    "jar": "run a streaming job", "streaming": "run a streaming job", "fs": "work with files", "dfs": "work with files",
    "version": "print the version", "classpath": "print the class path",
}  # fmt: skip


class Candidate(NamedTuple):
    """A word that may stand there, and what it means."""

    text: str
    help: str = ""


def answer(command: click.Command, words: Sequence[str]) -> int:
    """Print the candidates for the last of the words behind the name of a tool; return the exit status."""
    *before, current = words or [""]
    for text, help_ in complete(command, [word for word in before if word != "="], current):
        click.echo(f"{text}\t{help_}" if help_ else text)
    return 0


def complete(command: click.Command, words: Sequence[str], current: str) -> list[Candidate]:
    """Return what may stand in place of the word `current`; nothing where a file is expected.

    words: those before it. An opening quote of `current` is not part of the candidates, as shells keep it.
    """
    is_quoted = current[:1] in ("'", '"')
    current = current[is_quoted:]
    if command.name == "st-run":
        found = _complete_job(command, words, current, is_quoted)
    elif command.name == "st-hadoop":
        found = _complete_hadoop(command, words, current, is_quoted)
    elif isinstance(command, click.Group):
        found = _complete_library(command, words, current)
    else:
        found = _complete_options(command, words, current)
    return [candidate for candidate in found if candidate.text.startswith(current)]


def _complete_options(command: click.Command, words: Sequence[str], current: str) -> Iterable[Candidate]:
    """Return the values of the option before the current word, or the options of a command."""
    ours = _options(command)
    option = ours.get(words[-1]) if words else None
    if option is not None and not option.is_flag:
        return _values(option)
    name, equals, _ = current.partition("=")
    if equals and name in ours:
        return [Candidate(f"{name}={value.text}", value.help) for value in _values(ours[name])]
    return [Candidate(name, _help(option)) for name, option in ours.items()] if current.startswith("-") else []


def _options(command: click.Command) -> dict[str, click.Option]:
    """Map the names of a command's options, with dashes, to them."""
    params = command.get_params(click.Context(command, info_name=command.name))
    options = [param for param in params if isinstance(param, click.Option) and not param.hidden]
    return {name: option for option in options for name in (*option.opts, *option.secondary_opts)}


def _help(option: click.Option) -> str:
    return " ".join((option.help or "").split())


def _values(option: click.Option) -> list[Candidate]:
    """Return the values of an option that are known."""
    if isinstance(option.type, click.Choice):
        return [Candidate(str(value)) for value in option.type.choices]
    if option.name == "example":
        from streamtools.launch.examples import find_examples

        return [Candidate(example.name, example.title) for example in find_examples()]
    return []


def _complete_library(library: click.Group, words: Sequence[str], current: str) -> Iterable[Candidate]:
    """Return the names in a library, or options of the one that is named or is the default."""
    named = next((word for word in words if word in library.commands), "")
    if named:
        return _complete_options(library.commands[named], words, current)
    if not words and not current.startswith("-"):
        return _names(library)
    default: str = library.default  # type: ignore[attr-defined]
    both = [*_complete_options(library.commands[default], words, current), *_complete_options(library, words, current)]
    return {candidate.text: candidate for candidate in both}.values()


def _names(library: click.Group) -> list[Candidate]:
    return [Candidate(*row) for row in library.listing()]  # type: ignore[attr-defined]


def _complete_job(command: click.Command, words: Sequence[str], current: str, is_quoted: bool) -> Iterable[Candidate]:
    """Return what may stand in a command line of st-run: our options and Hadoop's."""
    before = words[-1] if words else ""
    return [*_complete_streaming(before, current, is_quoted), *_complete_options(command, words, current)]


def _complete_streaming(before: str, current: str, is_quoted: bool) -> list[Candidate]:
    """Return what may stand behind the word `before` by Hadoop's grammar: options, or the values of one."""
    from streamtools.job.command_line import FLAGS, GENERIC, STREAMING

    if before in STAGES:
        return list(_complete_command(STAGES[before], current, is_quoted))
    if before == "-D" or (before == "-jobconf"):
        return _properties("")
    if before == "-io":
        from streamtools.job.properties.streams import IO_FORMATS

        return [Candidate(name) for name in IO_FORMATS]
    if option := before.lstrip("-") if before.startswith("-") else "":
        if option in ("inputformat", "outputformat", "partitioner"):
            from streamtools.job.classes import KNOWN

            return [Candidate(name) for name in sorted(KNOWN[option])]
        if option not in FLAGS and option in (*GENERIC, *STREAMING):
            return []
    if current.startswith("-D"):
        return _properties("-D")
    return [Candidate(f"-{name}") for name in (*GENERIC, *STREAMING)] if current.startswith("-") else []


def _properties(prefix: str) -> list[Candidate]:
    from streamtools.job.properties.names import PRESENT

    return [Candidate(f"{prefix}{name}=") for name in sorted(PRESENT)]


def _complete_command(tools: Sequence[str], current: str, is_quoted: bool) -> Iterator[Candidate]:
    """Yield the commands that a stage may have: our tools, in quotes with names and options."""
    name, space, _ = current.partition(" ")
    if not space:
        for tool in tools:
            yield Candidate(tool)
            if is_quoted and tool in LIBRARIES:
                yield from _behind(f"{tool} ", _names(_command_of(tool)))  # type: ignore[arg-type]
    elif name in tools:
        before, _, last = current.rpartition(" ")
        yield from _behind(f"{before} ", complete(_command_of(name), before.split()[1:], last))


def _behind(text: str, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    for candidate in candidates:
        yield Candidate(text + candidate.text, candidate.help)


def _command_of(tool: str) -> click.Command:
    """Return the click command of st-map and the like."""
    name = tool.replace("-", "_")
    module = import_module(f"streamtools.cli.{name}")
    command: click.Command = getattr(module, name if tool in LIBRARIES else "command")
    return command


def _complete_hadoop(
    command: click.Command, words: Sequence[str], current: str, is_quoted: bool
) -> Iterable[Candidate]:
    """Return what may stand in a command line of st-hadoop."""
    position = next((number for number, word in enumerate(words) if word in SUBCOMMANDS), None)
    if position is None:
        known = [Candidate(*row) for row in SUBCOMMANDS.items()]
        return known if not current.startswith("-") else _complete_options(command, words, current)
    if words[position] == "streaming" or (words[position] == "jar" and words[position + 1 :]):
        return _complete_streaming(words[-1], current, is_quoted)
    if words[position] not in ("fs", "dfs") or not current.startswith("-"):
        return []
    from streamtools.hdfs.shell import COMMANDS

    chosen = next((word[1:] for word in words[position + 1 :] if word[1:] in COMMANDS), "")
    if chosen:
        return [Candidate(f"-{flag}") for flag in f"{COMMANDS[chosen].flags} {COMMANDS[chosen].values}".split()]
    return [Candidate(f"-{name}", each.help) for name, each in COMMANDS.items()]
