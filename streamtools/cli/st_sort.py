"""st-sort: an external merge sort of records by key."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from streamtools import inputs as opening
from streamtools import records
from streamtools.cli import entry
from streamtools.cli.options import common, cores, inputs_argument, memory_option, temporary_option
from streamtools.errors import CannotCreateError, UsageError, in_words

if TYPE_CHECKING:  # takes 10 ms, and is imported where it is used: help and usage errors come without
    from streamtools import sort

HELP = """Sort records by key: the bytes of a line up to the first TAB, compared as unsigned bytes.

The value takes no part, and records of one key stay in the order of the input. Inputs are what st-cat takes: files,
also compressed ones, directories, URIs, - for standard input. The order is that of Hadoop's shuffle, and of
LC_ALL=C sort -s -t TAB -k1,1.

\b
Examples:
  st-map < log.tsv | st-sort | st-reduce
  st-sort -S 1G -T /scratch1 -T /scratch2 -o pairs.tsv pairs.tsv
  st-sort -k1,1 -k2,2nr visits.tsv        by the first field, then descending by the second
  st-sort -m -u part-00000 part-00001     merge what is sorted, one record of each key
  st-sort -c pairs.tsv || echo unsorted

\b
SIZE is a number of bytes, with K, M, G or T behind it for 1024 and its powers, or a percentage of
the machine's memory: 500000, 64M, 2G, 50%.
KEY is FIRST[.CHARACTER][n][r][,LAST[.CHARACTER][n][r]] as in Hadoop's KeyFieldBasedComparator, counted
from 1: n compares as numbers, r turns the order round, without LAST it goes to the end of the key.
"""


@click.command("st-sort", help=HELP)
@inputs_argument
@click.option("-t", "--separator", default="\t", metavar="SEP", help="what ends a field  [default: TAB]")
@click.option(
    "--key-fields",
    type=click.IntRange(min=1),
    metavar="N",
    help="the key goes up to the Nth separator  [default: 1, or as many as -k names]",
)
@click.option("-k", "--key", "keys", multiple=True, metavar="KEY", help="compare by these fields; repeatable")
@click.option("--key-options", default="", metavar="TEXT", help='the same as Hadoop has it: "-k1,1 -k2,2nr"')
@click.option("-n", "--numeric-sort", "numeric", is_flag=True, help="compare keys as numbers")
@click.option("-r", "--reverse", is_flag=True, help="descending order")
@click.option("-u", "--unique", is_flag=True, help="only the first record of each key")
@click.option("-c", "--check", "check_only", is_flag=True, help="only tell whether the input is sorted: status 0 or 1")
@click.option("-m", "--merge", "merge_only", is_flag=True, help="merge inputs that are sorted already")
@click.option("-o", "--output", metavar="FILE", help="write to this file, once all is sorted; it may be an input")
@memory_option
@temporary_option
@click.option(
    "--batch-size", type=click.IntRange(min=2), default=128, show_default=True, metavar="N", help="runs merged at once"
)
@click.option("--compress-runs", type=click.Choice(["zst", "lz4"]), help="compress temporary files")
@click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="processes  [default: one for each core]")
@common
def command(
    inputs: tuple[str, ...],
    separator: str,
    key_fields: int | None,
    keys: tuple[str, ...],
    key_options: str,
    numeric: bool,
    reverse: bool,
    unique: bool,
    check_only: bool,
    merge_only: bool,
    output: str | None,
    memory: int,
    temporary: tuple[str, ...],
    batch_size: int,
    compress_runs: str | None,
    jobs: int | None,
) -> None:
    from streamtools import sort

    if check_only and (merge_only or output):
        raise UsageError("--check", "writes nothing, and makes no sense with --merge or --output", "leave one out")
    options = " ".join([key_options, *(f"-k{key}" for key in keys)])
    order = order_of(separator, key_fields, options, numeric, reverse, unique)
    if check_only:
        _check(inputs, order)
        return
    directories = temporary or (os.environ.get("TMPDIR", "/tmp"),)
    _check_directories(directories)
    watch = Watch()
    source = _sorted_streams(inputs) if merge_only else records.whole_lines(opening.open_inputs(inputs))
    run: Callable[..., Iterator[bytes]] = sort.merge_sorted if merge_only else sort.external_sort
    blocks = run(
        source,
        order,
        memory=memory,
        directories=directories,
        batch_size=batch_size,
        jobs=jobs or cores(),
        compress_runs=compress_runs,
        on_progress=watch,
    )
    try:
        with written(output) as descriptor:
            records.write_blocks(blocks, descriptor)
    finally:
        blocks.close()  # type: ignore[attr-defined]  # a generator: ends its workers and runs now
        watch.finish(memory)


def order_of(
    separator: str, key_fields: int | None, options: str, numeric: bool, reverse: bool, unique: bool
) -> sort.Order:
    """The order that the options mean. Raises UsageError for key options that are none."""
    if not separator:
        raise UsageError("--separator", "is empty", "write it as it is in the data, for example -t ,")
    from streamtools import sort

    parting = os.fsencode(separator)
    if not (options.strip() or numeric):
        return sort.Order(parting, key_fields or 1, None, reverse, unique)
    from streamtools import keyspec  # takes 4 ms

    specs = keyspec.parse(" ".join([options, "-n" * numeric, "-r" * reverse]), strict=True) if options.strip() else []
    if specs:
        named = max(max(spec.first_field, spec.last_field) for spec in specs)
        key = keyspec.sort_key(specs, parting)
        return sort.Order(parting, key_fields or named, key, unique=unique)
    return sort.Order(parting, key_fields or 1, keyspec.number if numeric else None, reverse, unique)


def _check(inputs: Sequence[str], order: sort.Order) -> None:
    from streamtools import sort

    names = inputs or ("-",)
    if len(names) > 1:
        raise UsageError("--check", "takes one input", "check them one by one")
    sort.check(records.whole_lines(opening.open_inputs(names)), order, names[0])


def _check_directories(directories: Sequence[str]) -> None:
    for directory in directories:
        if not os.path.isdir(directory) or not os.access(directory, os.W_OK | os.X_OK):
            raise CannotCreateError(directory, "cannot make temporary files there", "name another directory with -T")


def _sorted_streams(names: Sequence[str]) -> list[Iterator[bytes]]:
    """A stream for each input; all are looked at before any is read."""
    return [records.whole_lines(opening.open_inputs([name])) for name in opening.expand(names or ("-",))]


@contextmanager
def written(output: str | None) -> Iterator[int]:
    """A descriptor to write to: standard output, or a file that appears under its name only when all went well."""
    sys.stdout.flush()
    if output is None or output == "-":
        yield sys.stdout.fileno()
        return
    final = os.path.realpath(output)
    known = os.stat(output).st_mode if os.path.exists(output) else stat.S_IFREG | 0o666
    if stat.S_ISDIR(known):
        raise CannotCreateError(output, "is a directory", "name a file")
    if not stat.S_ISREG(known):  # a device or a pipe
        descriptor = os.open(output, os.O_WRONLY)
        try:
            yield descriptor
        finally:
            os.close(descriptor)
        return
    unfinished = f"{final}.{os.getpid()}.unfinished"
    try:  # a signal may come between any two lines
        try:
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, stat.S_IMODE(known))
        except OSError as error:
            problem = f"cannot be written: {in_words(error)}"
            raise CannotCreateError(output, problem, "name another file with -o") from error
        try:
            yield descriptor
        finally:
            os.close(descriptor)
        os.replace(unfinished, final)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(unfinished)


class Watch:
    """Tells on a terminal how far a long sort is: from the second second on, twice a second."""

    def __init__(self) -> None:
        self._shown = False
        self._next = time.monotonic() + 2 if sys.stderr.isatty() else float("inf")
        self._longest = 0

    def __call__(self, progress: sort.Progress) -> None:
        self._longest = progress.longest
        if time.monotonic() < self._next:
            return
        self._next, self._shown = time.monotonic() + 0.5, True
        told = f"{progress.read >> 20} MiB read, {progress.runs} runs"
        if progress.to_merge:
            told += f", {min(100, 100 * progress.merged // progress.to_merge)} % merged"
        print(f"\r\x1b[Kst-sort: {told}", end="", file=sys.stderr, flush=True)

    def finish(self, memory: int) -> None:
        """Leave a clean line, and tell of a line that took more than the memory."""
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        if self._longest > memory:
            told = f"a line of {self._longest} bytes is longer than --memory {memory}; more was used for it"
            print(f"st-sort: warning: {told}", file=sys.stderr)


main = entry(command)
