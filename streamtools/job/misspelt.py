"""Misspelt options of a command line: Hadoop's parser swallows them as inputs or refuses them without a hint."""

from collections.abc import Iterable, Sequence

from streamtools.job.command_line import GENERIC, STREAMING
from streamtools.scripts.commands import find_like, plain_dashes


def explain_words(words: Sequence[str], ours: Iterable[str] = ()) -> str:
    """Return what the first misspelt option among the words of a refused command line should be; "" if none is.

    ours: names of options that are not Hadoop's, with their dashes.
    """
    spelled = {name.lstrip("-"): name for name in ours} | {name: f"-{name}" for name in (*GENERIC, *STREAMING)}
    for word in words:
        if plain := plain_dashes(word):
            meant = spelled.get(plain.lstrip("-"), plain)
            return f"{word} begins with a dash from a web page; type {meant}"
        name = word.lstrip("-").partition("=")[0]
        if word.startswith("-") and name and not word.startswith("-D") and name not in (*GENERIC, *STREAMING):
            if name in spelled:
                return f"did you mean {spelled[name]}?"
            if like := find_like(name, list(spelled)):
                return f"did you mean {spelled[like]}?"
    return ""
