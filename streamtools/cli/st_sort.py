"""st-sort: an external merge sort of records by key."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from streamtools.cli import entry
from streamtools.cli.options import common, inputs_argument, memory_option, temporary_option
from streamtools.errors import UsageError
from streamtools.machine import cores
from streamtools.terminal import Bars, shows_bars, tell

if TYPE_CHECKING:  # takes 10 ms, and is imported where it is used: help and usage errors come without
    from streamtools.sort.resources import SortProgress

HELP = """Sort records by key: the bytes of a line up to the first TAB, compared as unsigned bytes.

Values are not compared: records of one key stay in the order of the input. Inputs are those of st-cat: files, also
compressed ones, directories, URIs, and - for standard input. The order is that of Hadoop's shuffle, and of
LC_ALL=C sort -s -t TAB -k1,1.

\b
Examples:
  st-map < log.tsv | st-sort | st-reduce
  st-sort -S 1G -T /scratch1 -T /scratch2 -o pairs.tsv pairs.tsv
  st-sort -k1,1 -k2,2nr visits.tsv        by the first field, then descending by the second
  st-sort -m -u part-00000 part-00001     merge sorted inputs, one record of each key
  st-sort -c pairs.tsv || echo unsorted

\b
SIZE is a number of bytes, also in units of 1024 bytes and its powers (K, M, G, T), or a percentage of
the machine's memory: 500000, 64M, 2G, 50%.
KEY is FIRST[.CHARACTER][n][r][,LAST[.CHARACTER][n][r]] as in Hadoop's KeyFieldBasedComparator, counted
from 1: n compares numbers, r reverses the order, and without LAST the key field ends with the key.
"""


@click.command("st-sort", help=HELP)
@inputs_argument
@click.option("-t", "--separator", default="\t", metavar="SEP", help="separator of fields  [default: TAB]")
@click.option(
    "--key-fields",
    type=click.IntRange(min=1),
    metavar="N",
    help="number of fields in the key  [default: 1, or as many as -k names]",
)
@click.option("-k", "--key", "keys", multiple=True, metavar="KEY", help="compare these fields; repeatable")
@click.option("--key-options", default="", metavar="TEXT", help='the same in one option, as in Hadoop: "-k1,1 -k2,2nr"')
@click.option("-n", "--numeric-sort", "numeric", is_flag=True, help="compare keys as numbers")
@click.option("-r", "--reverse", is_flag=True, help="sort in descending order")
@click.option("-u", "--unique", is_flag=True, help="keep only the first record of each key")
@click.option("-c", "--check", "check_only", is_flag=True, help="only check whether the input is sorted: status 0 or 1")
@click.option("-m", "--merge", "merge_only", is_flag=True, help="merge inputs that are already sorted")
@click.option("-o", "--output", metavar="FILE", help="write to FILE, once all is sorted; it may be one of the inputs")
@memory_option
@temporary_option
@click.option(
    "--batch-size",
    type=click.IntRange(min=2),
    default=128,
    show_default=True,
    metavar="N",
    help="runs merged at once",
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
    from streamtools import sort_files
    from streamtools.sort.order import build_order
    from streamtools.sort.resources import SortOptions

    if check_only and (merge_only or output):
        raise UsageError("--check", "cannot be combined with --merge or --output", "leave one of them out")
    key_options = " ".join([key_options, *(f"-k{key}" for key in keys)])
    order = build_order(separator, key_fields, key_options, numeric=numeric, reverse=reverse, unique=unique)
    if check_only:
        sort_files.check_file(inputs, order)
        return
    watch = Watch()
    directories = temporary or (os.environ.get("TMPDIR", "/tmp"),)
    options = SortOptions(memory, directories, batch_size, jobs or cores(), compress_runs, watch)
    run = sort_files.merge_files if merge_only else sort_files.sort_files
    try:
        run(inputs, output, order, options)
    finally:
        watch.finish(memory)


class Watch:
    """Shows on a terminal how far a sort is, and remembers the longest line."""

    def __init__(self) -> None:
        self.bars = Bars() if shows_bars() else None
        self.longest = 0

    def __call__(self, progress: SortProgress) -> None:
        self.longest = progress.longest
        if self.bars:
            self.bars.update("read", progress.read, None, f"{progress.runs} runs")
            if progress.to_merge:
                self.bars.update("merge", progress.merged, progress.to_merge)

    def finish(self, memory: int) -> None:
        """Clear the bars, and warn of an input line that took more than the memory."""
        if self.bars:
            self.bars.clear()
        if self.longest > memory:
            text = f"a line of {self.longest} bytes is longer than --memory {memory}; more memory was used for it"
            tell(f"st-sort: warning: {text}")


main = entry(command)
