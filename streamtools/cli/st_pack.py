"""st-pack: any inputs, regrouped into blobs that Hadoop can read and split."""

import errno
import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

import click

from streamtools.cli import entry
from streamtools.cli.options import (
    SIZE,
    Skipped,
    ask_password,
    common,
    inputs_argument,
    member_option,
    memory_option,
    on_error_option,
)
from streamtools.errors import TransferError, UsageError
from streamtools.inputs import packed_size
from streamtools.machine import cores
from streamtools.packing import BLOB_CODECS, PackOptions, Summary, pack
from streamtools.packing import verify as verify_blobs
from streamtools.terminal import TransferBar, shows_bars, tell

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
LEVELS = ", ".join(f"{name} {codec.level}" for name, codec in BLOB_CODECS.items() if codec.suffix)


@click.command(name="st-pack")
@inputs_argument
@click.option("-o", "--output", required=True, metavar="DIR", help="directory, s3:// or hdfs:// for the blobs")
@click.option("--size", type=SIZE, default="128M", show_default=True, help="compressed bytes of a blob, at most")
@click.option(
    "--codec", type=click.Choice(list(BLOB_CODECS)), default="gz", show_default=True, help="codec of the blobs"
)
@click.option("--level", type=click.IntRange(0, 19), help=f"compression level  [default: {LEVELS}]")
@member_option
@on_error_option
@click.option("--recursive", is_flag=True, help="also read the directories inside of input directories")
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="number of threads that compress  [default: all cores]")
@memory_option
@click.option("--resume", is_flag=True, help="continue an earlier run of the same command after its last blob")
@click.option("--verify", is_flag=True, help="read all blobs again at the end; without inputs, do nothing else")
@click.option("--no-check", is_flag=True, help="do not decode each block of lines right after it was compressed")
@click.option("-q", "--quiet", is_flag=True, help="show no progress on a terminal, and no summary")
@common
def command(
    inputs: tuple[str, ...], output: str, size: int, codec: str, level: int | None, member: str | None, on_error: str,
    recursive: bool, jobs: int | None, memory: int, resume: bool, verify: bool, no_check: bool, quiet: bool,
) -> None:  # fmt: skip
    """Regroup inputs into blobs of one size, cut at line ends: one huge .7z, many small files, anything st-cat reads.

    The lines of all inputs, in order, are the lines of all blobs, in order. Blobs can be split again: xz has a block
    and zst a frame per 4 to 8 MB of lines, bz2 has its blocks; gz is for a Hadoop that reads nothing else.

    A blob gets its name when it is complete. DIR/_manifest.tsv lists the inputs, members, offsets, lines and checksums
    of what is in each blob; Hadoop and st-run do not see it. Continue a run that was killed or failed with --resume.

    Memory stays within -S, except for a line longer than 8 MB: it is held as a whole, several times.

    \b
    Examples:
      st-pack logs/*.7z -o packed --size 128M --codec bz2
      st-pack -o s3://bucket/packed --codec zst --resume logs/
      st-pack --verify -o packed
    """
    skipped = Skipped("st-pack") if on_error == "skip-member" else None
    options = PackOptions(
        size=size, codec=codec, level=level, jobs=jobs or cores(), memory=memory, recursive=recursive, resume=resume,
        check=not no_check, password=ask_password, member=member, on_error=skipped,
    )  # fmt: skip
    _check_usage(inputs, output, verify, options)
    if inputs:
        made = _pack(inputs, output, options, quiet)
        if not quiet:
            kept = f", {made.kept} kept from before" if made.kept else ""
            _say(f"{made.blobs} blobs{kept}: {made.lines:,} lines, {made.size:,} bytes packed to {made.packed:,}")
    if verify:
        found = verify_blobs(output, options.jobs)
        if not quiet:
            _say(f"verified {found.blobs} blobs: {found.lines:,} lines, {found.size:,} bytes, same as in the manifest")
    if skipped:
        skipped.check()


def _check_usage(inputs: tuple[str, ...], output: str, verify: bool, options: PackOptions) -> None:
    """Raise UsageError for options that make no sense."""
    if not inputs and not verify:
        raise UsageError("", "no input", "name files, directories, globs, URIs, or - for stdin")
    least, most = BLOB_CODECS[options.codec].levels
    if options.level is not None and not least <= options.level <= most:
        remedy = f"use {least} to {most}" if least < most else "leave --level out"
        raise UsageError("--level", f"{options.codec} has no compression level {options.level}", remedy)
    if options.size < 1:
        raise UsageError("--size", "invalid size of a blob", "use at least 1")
    if output in ("", "-"):
        remedy = "name a directory, or ./- for one of that name"
        raise UsageError("--output", f"blobs cannot be written to {output!r}", remedy)


def _pack(inputs: tuple[str, ...], output: str, options: PackOptions, quiet: bool) -> Summary:
    with _progress(inputs, options.recursive, quiet) as progress:
        if progress:
            options = replace(options, on_read=progress.read, on_write=progress.wrote)
        try:
            return pack(inputs, output, options)
        except TransferError as error:
            raise _add_way_on(error, output) from error
        except OSError as error:
            if error.errno not in FULL:
                raise
            full = TransferError(error.filename or output, (error.strerror or "no space left").lower())
            raise _add_way_on(full, output) from error


def _progress(inputs: tuple[str, ...], recursive: bool, quiet: bool) -> AbstractContextManager[TransferBar | None]:
    if quiet or not shows_bars():
        return nullcontext()
    return TransferBar("st-pack", packed_size(inputs, recursive=recursive))


def _add_way_on(error: TransferError, output: str) -> TransferError:
    """Return the error; if blobs were made before, it says how to continue."""
    if not error.remedy and os.path.isdir(output):
        return TransferError(error.place, error.problem, f"complete blobs are kept in {output}: continue with --resume")
    return error


def _say(text: str) -> None:
    tell(f"st-pack: {text}")


main = entry(command)
