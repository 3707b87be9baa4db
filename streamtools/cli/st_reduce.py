"""st-reduce: a built-in reducer, from stdin to stdout."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

import click

from streamtools.cli import entry
from streamtools.cli.library import Library, key_fields_option, on_error_option, unsorted_option
from streamtools.errors import UsageError
from streamtools.reporter import Reporter
from streamtools.stage import Transform

if TYPE_CHECKING:
    from streamtools.reducers.numbers import Number

st_reduce = Library(
    "st-reduce",
    default="sum",
    help="""Reduce records `key TAB value`, sorted by key, from stdin to stdout.

    NAME is `sum` by default: the sum of the values of each key. Integers stay exact at any size and decimals stay
    decimal. Memory use is a few blocks, however large the input or a key is, unless the help of NAME says more.

    \b
    Examples:
      cat log.tsv | st-map | st-sort | st-reduce
      cat log.tsv | st-map | st-sort | st-reduce | st-reduce top -n 10
      cat log.tsv | st-map fields -k 2 -v 3 | st-sort --key-fields 2 | st-reduce count-distinct
      st-reduce top --help
    """,
)
parse = st_reduce.parse
main = entry(st_reduce)

text_option = click.option("--text", is_flag=True, help="compare values as bytes, not as numbers")
separator_option = click.option("-s", "--separator", default=",", show_default=True, help="text between the values")


def parse_width(_ctx: click.Context, _param: click.Parameter, text: str | None) -> Number | None:
    """Return the value of --width. Raises UsageError unless it is a positive number."""
    from streamtools.reducers.numbers import parse_number

    if text is None:
        return None
    try:
        width = parse_number(os.fsencode(text))
    except ValueError:
        width = 0
    if width <= 0:
        raise UsageError("--width", f"invalid width {text}", "use a positive number, for example 10 or 0.5")
    return width


@st_reduce.command("sum", sums_values=True)
@on_error_option
@click.pass_obj
def sum_(reporter: Reporter) -> Transform:
    """Sum the values of each key.

    \b
    Example:
      cat log.tsv | st-map | st-sort | st-reduce sum
    """
    from streamtools.reducers.totals import sum_values

    return partial(sum_values, reporter=reporter)


@st_reduce.command("count")
def count() -> Transform:
    """Count the records of each key."""
    from streamtools.reducers.totals import count

    return count


@st_reduce.command("distinct")
def distinct() -> Transform:
    """Write each key once, alone in its line."""
    from streamtools.reducers.totals import distinct

    return distinct


@st_reduce.command("count-distinct")
@click.option(
    "--held",
    type=click.IntRange(1),
    default=100_000,
    show_default=True,
    help="number of different values of a key to keep in memory",
)
@click.pass_obj
def count_distinct(reporter: Reporter, held: int) -> Transform:
    """Count the different values of each key, exactly.

    Keeps up to --held different values of one key in memory. Beyond that, sorted values are counted as they pass;
    values in no order are all kept in memory, with a remark.

    \b
    Example:
      cat log.tsv | st-map fields -k 3 -v 2 | st-sort --key-fields 2 | st-reduce count-distinct
    """
    from streamtools.reducers.gathering import count_distinct

    return partial(count_distinct, reporter=reporter, held=held)


@st_reduce.command("min")
@text_option
@on_error_option
@click.pass_obj
def min_(reporter: Reporter, text: bool) -> Transform:
    """Write the least value of each key."""
    from streamtools.reducers.picking import minimum

    return partial(minimum, reporter=reporter, text=text)


@st_reduce.command("max")
@text_option
@on_error_option
@click.pass_obj
def max_(reporter: Reporter, text: bool) -> Transform:
    """Write the greatest value of each key."""
    from streamtools.reducers.picking import maximum

    return partial(maximum, reporter=reporter, text=text)


@st_reduce.command("mean")
@on_error_option
@click.pass_obj
def mean(reporter: Reporter) -> Transform:
    """Write the mean of the values of each key, to 17 significant digits."""
    from streamtools.reducers.moments import mean

    return partial(mean, reporter=reporter)


@st_reduce.command("stats")
@on_error_option
@click.pass_obj
def stats(reporter: Reporter) -> Transform:
    """Write records, sum, min, max, mean and standard deviation of each key.

    The standard deviation is that of the population.
    """
    from streamtools.reducers.moments import stats

    return partial(stats, reporter=reporter)


@st_reduce.command("top")
@click.option("-n", "--size", type=click.IntRange(1), default=10, show_default=True, help="number of records")
@click.option("--smallest", is_flag=True, help="pick the smallest values")
@click.option("--per-key", is_flag=True, help="pick so many records of each key")
@text_option
@on_error_option
@click.pass_obj
def top(reporter: Reporter, size: int, smallest: bool, per_key: bool, text: bool) -> Transform:
    """Pick the N records with the greatest values, best first.

    The input need not be sorted, except with --per-key. Keeps N records in memory.

    \b
    Example:
      cat log.tsv | st-map | st-sort | st-reduce | st-reduce top -n 10
    """
    from streamtools.reducers.picking import top

    return partial(top, reporter=reporter, size=size, text=text, smallest=smallest, per_key=per_key)


@st_reduce.command("first")
def first() -> Transform:
    """Write the first value of each key."""
    from streamtools.reducers.picking import first

    return first


@st_reduce.command("last")
def last() -> Transform:
    """Write the last value of each key."""
    from streamtools.reducers.picking import last

    return last


@st_reduce.command("collect")
@separator_option
def collect(separator: str) -> Transform:
    """Join all values of each key."""
    from streamtools.reducers.gathering import collect

    return partial(collect, separator=os.fsencode(separator))


@st_reduce.command("index")
@separator_option
def index(separator: str) -> Transform:
    """List the documents of each term, each once, in order: a posting list.

    Keeps the documents of one term in memory.
    """
    from streamtools.reducers.gathering import index

    return partial(index, separator=os.fsencode(separator))


@st_reduce.command("histogram")
@click.option("--width", callback=parse_width, metavar="N", help="count numbers in bins of this width")
@on_error_option
@click.pass_obj
def histogram(reporter: Reporter, width: Number | None) -> Transform:
    """Count how often each value, or bin of values, occurs in each key.

    Keeps the different values, or bins, of one key in memory.
    """
    from streamtools.reducers.gathering import histogram

    return partial(histogram, reporter=reporter, width=width)


@st_reduce.command("join")
@click.option(
    "--how",
    type=click.Choice(["inner", "left", "right", "full", "anti"]),
    default="inner",
    show_default=True,
    help="kind of join",
)
@click.option("--empty", default="", help="text in place of the fields of a missing side")
@on_error_option
@click.pass_obj
def join(reporter: Reporter, how: str, empty: str) -> Transform:
    """Join records that st-map join has tagged: key, left fields, right fields.

    Keeps the left records of one key in memory; right ones stream. Left records must come first, so sort by key and
    source.

    \b
    Example:
      ... | st-sort --key-fields 2 | st-reduce join --how left
    """
    from streamtools.reducers.join import HOW, join

    return partial(join, reporter=reporter, how=HOW[how], empty=os.fsencode(empty))


@st_reduce.command("identity")
def identity() -> Transform:
    """Write every record unchanged."""
    from streamtools.reducers.picking import identity

    return identity


for name, command in st_reduce.commands.items():
    if name not in ("top", "identity"):  # which do not group, or only if they are told to
        unsorted_option(key_fields_option(command))
