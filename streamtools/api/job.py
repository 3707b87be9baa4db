"""Job: what a user's file makes, fills with functions, and runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

from streamtools.api.command_line import command_line
from streamtools.api.definition import Definition
from streamtools.api.main import main


class Job(Definition):
    """A map-reduce job made of functions.

    line, key, value: types of the mapper's lines, and of the keys and values between mapper and reducer: str, bytes,
    int, float, the module json, or a tuple of these. out: types of the reducer's key and value, if they differ.
    group: number of key fields that make a group; the others only sort. reduces: number of reduce tasks. conf:
    properties of Hadoop. files: paths to ship. on_error: "fail" or "skip" for a record that does not parse.

    Raises UsageError for values that cannot be.
    """

    def command_line(self, words: Sequence[str] = ()) -> list[str]:
        """Return the options of st-run that this job stands for. words: further ones, and values of the job's options.

        Raises UsageError for invalid options.
        """
        return command_line(self, words)

    def main(self, argv: Sequence[str] | None = None) -> NoReturn:
        """Do what the command line says, map, combine, reduce or run, and end the process."""
        sys.exit(main(self, sys.argv[1:] if argv is None else argv))
