"""st-pack: any inputs, regrouped into blobs that Hadoop can read and split."""

import errno
from contextlib import AbstractContextManager, nullcontext

import click

from streamtools.cli import entry
from streamtools.cli.options import SIZE, ask_password, common, cores, inputs_argument, memory_option
from streamtools.errors import TransferError, UsageError
from streamtools.terminal import TransferBar, shows_bars

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
CODECS = ("gz", "bz2", "zst", "xz", "none")


@click.command(name="st-pack")
@inputs_argument
@click.option("-o", "--output", required=True, metavar="DIR", help="directory, s3:// or hdfs:// for the blobs")
@click.option("--size", type=SIZE, default="128M", show_default=True, help="bytes of a blob, packed, at most")
@click.option("--codec", type=click.Choice(CODECS), default="gz", show_default=True, help="of the blobs")
@click.option("--level", type=click.IntRange(0, 19), help="of the codec  [default: gz 6, bz2 9, zst 3, xz 1]")
@click.option("--recursive", is_flag=True, help="also the directories inside of input directories")
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="threads that compress  [default: all cores]")
@memory_option
@click.option("--resume", is_flag=True, help="go on after the last blob of a run of the same command that was ended")
@click.option("--verify", is_flag=True, help="read all blobs again at the end; without inputs, do nothing else")
@click.option("--no-check", is_flag=True, help="do not decode each chunk again right after it was compressed")
@click.option("-q", "--quiet", is_flag=True, help="no progress on a terminal, and no summary")
@common
def command(
    inputs: tuple[str, ...],
    output: str,
    size: int,
    codec: str,
    level: int | None,
    recursive: bool,
    jobs: int | None,
    memory: int,
    resume: bool,
    verify: bool,
    no_check: bool,
    quiet: bool,
) -> None:
    """Regroup inputs into blobs of a size, cut at line ends: one huge .7z, many small files, anything st-cat reads.

    The lines of all inputs, in order, are the lines of all blobs, in order. The codecs can be cut again: xz has a block
    and zst a frame per 4 to 8 MB of lines, bz2 its blocks; gz is for Hadoops that read nothing else.

    A blob has its name when it is whole. DIR/_manifest.tsv tells for each blob the inputs, members, offsets, lines and
    checksums of what is in it; Hadoop and st-run do not see it. What was killed or failed goes on with --resume.

    Memory stays within -S but for a line that is longer than a chunk (at most 8 MB): it is held whole, several times.

    \b
    Examples:
      st-pack logs/*.7z -o packed --size 128M --codec bz2
      st-pack -o s3://bucket/packed --codec zst --resume logs/
      st-pack --verify -o packed
    """
    from streamtools.packing import BLOB_CODECS, Settings, pack
    from streamtools.packing import verify as verify_blobs

    jobs = jobs or cores()
    if not inputs and not verify:
        raise UsageError("", "no input", "name files, directories, globs, URIs, or - for stdin")
    least, most = BLOB_CODECS[codec].levels
    if level is not None and not least <= level <= most:
        raise UsageError("--level", f"{level} is no level of {codec}", f"{least} to {most}")
    if size < 1:
        raise UsageError("--size", "is no size of a blob", "at least 1")
    if output in ("", "-"):
        raise UsageError(
            "--output", f"{output!r} is no place for blobs", "name a directory, or ./- for one of that name"
        )
    if inputs:
        with _progress(inputs, recursive, quiet) as progress:
            settings = Settings(
                size=size, codec=codec, level=level, jobs=jobs, memory=memory, recursive=recursive, resume=resume,
                check=not no_check, password=ask_password, on_read=progress.read if progress else None,
                on_write=progress.wrote if progress else None,
            )  # fmt: skip
            try:
                made = pack(inputs, output, settings)
            except TransferError as error:
                raise _with_way_on(error, output) from error
            except OSError as error:
                if error.errno not in FULL:
                    raise
                full = TransferError(error.filename or output, (error.strerror or "no space left").lower())
                raise _with_way_on(full, output) from error
        if not quiet:
            kept = f", after {made.kept} that were there" if made.kept else ""
            _say(f"{made.blobs} blobs{kept}: {made.lines:,} lines, {made.size:,} bytes packed to {made.packed:,}")
    if verify:
        found = verify_blobs(output, jobs)
        if not quiet:
            _say(f"verified {found.blobs} blobs: {found.lines:,} lines, {found.size:,} bytes, as the manifest tells")


def _progress(inputs: tuple[str, ...], recursive: bool, quiet: bool) -> AbstractContextManager[TransferBar | None]:
    if quiet or not shows_bars():
        return nullcontext()
    from streamtools.inputs import packed_size

    return TransferBar("st-pack", packed_size(inputs, recursive=recursive))


def _with_way_on(error: TransferError, output: str) -> TransferError:
    """The error; one that came after some blobs were made says how to go on."""
    import os

    if not error.remedy and os.path.isdir(output):
        return TransferError(error.place, error.problem, f"whole blobs are kept in {output}: go on with --resume")
    return error


def _say(text: str) -> None:
    click.echo(f"st-pack: {text}", err=True)


main = entry(command)
