"""Symbolic links elsewhere that belong to a directory of ours, and go away with it."""

import os
from contextlib import suppress

LINKS = "links"  # file in the directory that lists them


def note_link(directory: str, link: str, source: str) -> None:
    """Note that a link to `source` is about to be made."""
    with open(os.path.join(directory, LINKS), "ab") as links:
        links.write(os.fsencode(f"{os.path.abspath(link)}\0{source}\0"))


def remove_links(directory: str) -> None:
    """Remove the links that are noted in a directory, if they still point where they were made to point."""
    path = os.path.join(directory, LINKS)
    with suppress(FileNotFoundError):
        with open(path, "rb") as file:
            fields = os.fsdecode(file.read()).split("\0")
        for link, source in zip(fields[::2], fields[1::2], strict=False):
            with suppress(OSError):
                if os.readlink(link) == source:
                    os.unlink(link)
        os.unlink(path)
