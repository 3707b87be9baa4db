"""The pages of the guide, which come with the package as Markdown files."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from streamtools.errors import UnavailableError, UsageError
from streamtools.toml_files import suggest

HOME = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "guide")
ENDING = ".md"
WORDS_A_MINUTE = 200
ORDER = (  # then by name
    *("tutorial", "jobs", "running", "cookbook", "large-archives", "cluster", "when-it-fails", "coming-from"),
    "commands",
)


@dataclass(frozen=True)
class Page:
    """One page: the name of its file without `.md`, and its text.

    The first line is `# TITLE`; the first sentence of the first paragraph says what the page is about.
    """

    name: str
    text: str

    @property
    def title(self) -> str:
        """The heading of the page."""
        return self.text.split("\n", 1)[0].lstrip("# ")

    @property
    def summary(self) -> str:
        """The first sentence behind the title; one that ends in a colon, with a full stop."""
        paragraph = " ".join(self.text.split("\n\n", 2)[1].split())
        return re.split(r"(?<=[.:]) ", paragraph, maxsplit=1)[0].rstrip(".:") + "."

    @property
    def minutes(self) -> int:
        """The time it takes to read the page, rounded up."""
        return -(-len(self.text.split()) // WORDS_A_MINUTE)


def find_pages() -> list[Page]:
    """Return all pages in the order of a list. Raises UnavailableError if they are not installed."""
    try:
        names = [name.removesuffix(ENDING) for name in os.listdir(HOME) if name.endswith(ENDING)]
    except OSError:
        problem = "not in this file, which holds what runs on nodes"
        raise UnavailableError("guide", problem, "pip install streamtools") from None
    rank = {name: number for number, name in enumerate(ORDER)}
    return [_read(name) for name in sorted(names, key=lambda name: (rank.get(name, len(rank)), name))]


def find_page(name: str) -> Page:
    """Return the page of a name, with or without `.md`. Raises UsageError that suggests a similar name."""
    pages = {page.name: page for page in find_pages()}
    if page := pages.get(name.removesuffix(ENDING)):
        return page
    raise UsageError(f"--guide {name}", "unknown page", suggest(name, pages))


def describe_pages(pages: Sequence[Page]) -> str:
    """Return a list of pages: name, title, reading time, and what each is about."""
    width = max(len(page.name) for page in pages)
    lines = []
    for page in pages:
        lines += [f"{page.name:{width}}  {page.title} ({page.minutes} min)", f"{'':{width}}  {page.summary}", ""]
    return "\n".join([*lines, "st-run --guide PAGE opens one", ""])


def _read(name: str) -> Page:
    with open(os.path.join(HOME, name + ENDING), encoding="utf-8") as file:
        return Page(name, file.read())
