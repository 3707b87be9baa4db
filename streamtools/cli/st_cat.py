"""st-cat: any inputs, decoded, to standard output."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

import click

from streamtools.cli import entry
from streamtools.cli.options import (
    Skipped,
    ask_password,
    common,
    inputs_argument,
    member_option,
    memory_option,
    on_error_option,
)
from streamtools.inputs import ListEntry, ReadOptions, list_inputs, open_inputs, packed_size
from streamtools.inputs.codecs import FORMATS
from streamtools.records import escape, join_small, write_blocks
from streamtools.showing import redact
from streamtools.terminal import TransferBar, shows_bars


@click.command(name="st-cat")
@inputs_argument
@click.option("--format", "format_", metavar="FORMAT", help=f"read all inputs in this format: {', '.join(FORMATS)}")
@member_option
@click.option("--list", "list_", is_flag=True, help="list what is in the inputs instead of decoding them")
@click.option("--recursive", is_flag=True, help="also read the directories inside of input directories")
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="number of threads that decode"
)
@memory_option
@on_error_option
@click.option("-q", "--quiet", is_flag=True, help="show no progress on a terminal")
@common
def command(
    inputs: tuple[str, ...],
    format_: str | None,
    member: str | None,
    list_: bool,
    recursive: bool,
    jobs: int,
    memory: int,
    on_error: str,
    quiet: bool,
) -> None:
    """Decode inputs to standard output: files, directories, globs, URIs or - (the default).

    Reads .gz .bz2 .xz .zst .lz4 .7z and plain data, detected from their first bytes, from this machine, s3:// gs://
    hdfs:// webhdfs:// http(s):// sftp://. Everything streams: memory does not grow with the size of a file or member. A
    .7z takes its dictionary and some 30 MB, with --jobs several dictionaries and at most --memory more.

    Files and members that do not end in a newline get one if another follows. For encrypted archives set
    STREAMTOOLS_7Z_PASSWORD, or type the password when asked.

    Damaged or truncated data and wrong checksums are never silent: the exit status is 65, and the message names file,
    member, byte, and how much was written before.

    \b
    Examples:
      st-cat log.tsv.7z | st-map | st-sort | st-reduce
      st-cat --list logs/*.7z
      st-cat --jobs 4 huge.tsv.7z | gzip > huge.tsv.gz
      st-cat --member '*.tsv' 'logs/2024-*.7z' | head
    """
    options = ReadOptions(format_, member, recursive, password=ask_password, jobs=jobs, memory=memory)
    _list(inputs, options) if list_ else _decode(inputs, options, on_error == "skip-member", quiet)


def _list(inputs: Sequence[str], options: ReadOptions) -> None:
    rows = list_inputs(inputs, options)
    write_blocks(join_small(map(_line, chain([ListEntry._fields], rows))), 1)


def _decode(inputs: Sequence[str], options: ReadOptions, skips_damage: bool, quiet: bool) -> None:
    skipped = Skipped("st-cat") if skips_damage else None
    progress = None
    if shows_bars() and not sys.stdout.isatty() and not quiet:
        progress = TransferBar("st-cat", None if options.member else packed_size(inputs, recursive=options.recursive))
    options = replace(options, on_error=skipped, on_read=progress.read if progress else None)
    chunks = open_inputs(inputs, options)
    write_blocks(progress.follow(chunks) if progress else chunks, 1)
    if skipped:
        skipped.check()


def _line(row: Sequence[str | int | None]) -> bytes:
    """Format a line of --list: fields separated by TAB, "-" for unknown, the checksum in hex, names escaped and
    without secrets."""
    *fields, checksum = ("-" if field in (None, "") else field for field in row)
    fields.append(f"{checksum:08x}" if isinstance(checksum, int) else checksum)
    return b"\t".join(escape(os.fsencode(redact(str(field)))) for field in fields) + b"\n"


main = entry(command)
