"""What a command runs: a script and its interpreter, and words in it that are for a shell or from a web page."""

import os
import re
import shlex
from collections.abc import Iterator, Sequence

from streamtools.java.words import find_words
from streamtools.scripts.finding import Finding

PYTHON = re.compile(r"python[\d.]*")
TAKES_VALUE = ("-W", "-X", "--check-hash-based-pycs")
FIRST_LINE = 256  # bytes of it that the kernel reads
MARK = b"\xef\xbb\xbf"  # UTF-8's byte order mark
FOR_A_SHELL = {"|": "a pipe", ">": "a redirection", ">>": "a redirection", "<": "a redirection", "&&": "a list",
               "||": "a list", ";": "a list", "2>&1": "a redirection", "2>": "a redirection"}  # fmt: skip
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"  # what web pages and word processors make of `-`
QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'"})
TOOLS = ("st-cat", "st-map", "st-combine", "st-sort", "st-reduce")


def find_python_script(words: Sequence[str]) -> int:
    """Return the position of the script among the words of `python3 -u map.py ...`; 0 if it runs none."""
    position = 1
    while position < len(words):
        word = words[position]
        if word in ("-m", "-c", "-"):
            return 0
        if not word.startswith("-"):
            return position
        position += 2 if word in TAKES_VALUE else 1
    return 0


def first_bytes(path: str) -> bytes:
    """Return the first line of a file, as far as the kernel reads it, with its end."""
    with open(path, "rb") as file:
        return file.readline(FIRST_LINE)


def interpreter_in(first: bytes) -> list[str]:
    """Return the words of a `#!` line, without env; [] for any other line."""
    if not first.startswith(b"#!"):
        return []
    try:
        words = shlex.split(os.fsdecode(first[2:].strip()))
    except ValueError:  # a quote that is not closed
        words = os.fsdecode(first[2:].strip()).split()
    if words and os.path.basename(words[0]) == "env":
        words = [word for word in words[1:] if word != "-S"]
    return words


def python_for(path: str) -> list[str]:
    """Return the words that run a script as --on hadoop does, if it is for Python: python3 and the options of its `#!`.

    [] if it is for something else.
    """
    first = first_bytes(path).removeprefix(MARK)
    words = interpreter_in(first)
    if path.endswith(".py") or (words and PYTHON.fullmatch(os.path.basename(words[0]))):
        return ["python3", *words[1:]]
    return []


def is_binary(first: bytes) -> bool:
    """Return whether a file that begins so is machine code or other data, and no script."""
    return b"\0" in first or first.startswith(b"\x7fELF")


def find_in_words(place: str, text: str) -> Iterator[Finding]:
    """Yield what is odd in the words of a command: characters for a shell, dashes and quotes of a web page.

    The command gets them as they are, so they are no reason to refuse it.
    """
    words = find_words(text)
    shell = os.path.basename(words[0].text) in ("bash", "sh", "dash", "zsh", "ksh") if words else False
    for word in words[1:]:
        is_quoted = text[word.start] in "'\""
        if word.text in FOR_A_SHELL and not is_quoted and not shell:
            problem = f"{word.text} is an argument of {words[0].text} here, as no shell reads the command"
            quoted = f"bash -c '{text}'" if "'" not in text else "bash -c '...'"
            yield Finding(place, problem, f"{FOR_A_SHELL[word.text]} needs a shell: {quoted}")
            return
    for word in words:
        if typed := plain_dashes(word.text):
            yield Finding(place, f"{word.text} begins with a dash from a web page", f"type {typed}")
        if (plain := word.text.translate(QUOTES)) != word.text:
            yield Finding(place, f"{word.text} has a quote from a web page", f"type {plain}")


def runs_script(text: str) -> bool:
    """Return whether a command runs a script, by its name, and no program of the system, which may take whole lines."""
    words = [word.text for word in find_words(text)]
    if not words:
        return False
    return PYTHON.fullmatch(os.path.basename(words[0])) is not None or "." in os.path.basename(words[0])


def plain_dashes(word: str) -> str:
    """Return a word that begins with a dash of a web page as it should be typed; "" for any other word."""
    rest = word.lstrip(DASHES + "-")
    head = word[: len(word) - len(rest)]
    return "" if not rest or head == "-" * len(head) else "-" * min(len(head), 2) + rest


def find_like(word: str, names: Sequence[str]) -> str:
    """Return the name that a misspelt one is most like, "" if it is like none."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, names, 1, 0.7)), "")
