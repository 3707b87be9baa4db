"""st-cat: any inputs, decoded, to standard output."""

import os
import sys
from collections.abc import Sequence
from itertools import chain

import click

from streamtools.cli import entry
from streamtools.cli.options import ask_password, common, inputs_argument, memory_option
from streamtools.errors import DataError
from streamtools.inputs.codecs import FORMATS
from streamtools.records import escape
from streamtools.terminal import TransferBar, shows_bars


@click.command(name="st-cat")
@inputs_argument
@click.option("--format", "format_", metavar="FORMAT", help=f"read all inputs as this: {', '.join(FORMATS)}")
@click.option("--member", metavar="GLOB", help="only the members of .7z archives whose names fit")
@click.option("--list", "list_", is_flag=True, help="tell what is in the inputs instead of decoding them")
@click.option("--recursive", is_flag=True, help="also the directories inside of input directories")
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="threads that decode, in order"
)
@memory_option
@click.option(
    "--on-error",
    type=click.Choice(["fail", "skip-member"]),
    default="fail",
    show_default=True,
    help="damage ends the run, or is told and the next member or file goes on",
)
@click.option("-q", "--quiet", is_flag=True, help="no progress on a terminal")
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

    Reads .gz .bz2 .xz .zst .lz4 .7z and plain data, told by their first bytes, from this machine, s3:// gs:// hdfs://
    webhdfs:// http(s):// sftp://. Everything streams: memory does not grow with the size of a file or a member; a .7z
    takes its dictionary and some 30 MB, with --jobs several dictionaries and at most --memory more.

    Files and members that do not end in a newline get one if another follows. Encrypted archives: the password is
    taken from STREAMTOOLS_7Z_PASSWORD, or asked for.

    Damage, truncation or a wrong checksum is never silent: the exit status is 65, and the message names file, member,
    byte, and how much had been written before.

    \b
    Examples:
      st-cat log.tsv.7z | st-map | st-sort | st-reduce
      st-cat --list logs/*.7z
      st-cat --jobs 4 huge.tsv.7z | gzip > huge.tsv.gz
      st-cat --member '*.tsv' 'logs/2024-*.7z' | head
    """
    from streamtools.inputs import Listed, listing, open_blocks, packed_size
    from streamtools.records import join_small, write_blocks

    if list_:
        rows = listing(inputs, format=format_, member=member, recursive=recursive, password=ask_password)
        write_blocks(join_small(map(_line, chain([Listed._fields], rows))), 1)
        return
    skipped = _Skipped() if on_error == "skip-member" else None
    progress = None
    if shows_bars() and not sys.stdout.isatty() and not quiet:
        progress = TransferBar("st-cat", None if member else packed_size(inputs, recursive=recursive))
    blocks = open_blocks(
        inputs,
        format=format_,
        member=member,
        recursive=recursive,
        on_error=skipped,
        password=ask_password,
        jobs=jobs,
        memory=memory,
        on_read=progress.read if progress else None,
    )
    write_blocks(progress.follow(blocks) if progress else blocks, 1)
    if skipped and skipped.count:
        click.echo(f"st-cat: {skipped.count} damaged and skipped", err=True)


def _line(row: Sequence[str | int | None]) -> bytes:
    """A line of --list: fields parted by TAB, "-" for what is not known, the checksum in hex; odd names escaped."""
    *fields, checksum = ("-" if field in (None, "") else field for field in row)
    fields.append(f"{checksum:08x}" if isinstance(checksum, int) else checksum)
    return b"\t".join(escape(os.fsencode(str(field))) for field in fields) + b"\n"


class _Skipped:
    """Tells and counts what was left out."""

    count = 0

    def __call__(self, error: DataError) -> None:
        self.count += 1
        click.echo(f"st-cat: {error}; skipped", err=True)


main = entry(command)
