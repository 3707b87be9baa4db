"""st-reduce: a reducer from the library, from stdin to stdout."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import click

from streamtools.cli import entry
from streamtools.cli.library import Library, on_error_option
from streamtools.errors import UsageError
from streamtools.reporter import Reporter
from streamtools.stage import Transform

st_reduce = Library(
    "st-reduce",
    default="sum",
    help="""Reduce records `key TAB value`, sorted by key, from stdin to stdout.

    Without NAME it is `sum`: the sum of the values of each key. Integers stay exact at any size and decimals stay
    decimal. Memory is a few blocks, whatever the input or the values of one key, but where --help of NAME says more.

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

text_option = click.option("--text", is_flag=True, help="compare values by their bytes, not as numbers")
separator_option = click.option("-s", "--separator", default=",", show_default=True, help="what joins the values")


def decimal_number(_ctx: click.Context, _param: click.Parameter, text: str | None) -> Any:
    """A positive number as an option's value."""
    from streamtools.reducers.numbers import number

    if text is None:
        return None
    try:
        width = number(os.fsencode(text))
    except ValueError:
        width = 0
    if width <= 0:
        raise UsageError("--width", f"{text} is no positive number", "give e.g. 10 or 0.5")
    return width


@st_reduce.command("sum", sums_values=True)
@on_error_option
@click.pass_obj
def sum_(reporter: Reporter) -> Transform:
    """The sum of the values of each key.

    \b
    Example:
      cat log.tsv | st-map | st-sort | st-reduce sum
    """
    from streamtools.reducers.totals import sum_values

    return partial(sum_values, reporter=reporter)


@st_reduce.command("count")
def count() -> Transform:
    """How many records each key has."""
    from streamtools.reducers.totals import count

    return count


@st_reduce.command("distinct")
def distinct() -> Transform:
    """Each key once, alone in its line."""
    from streamtools.reducers.totals import distinct

    return distinct


@st_reduce.command("count-distinct")
@click.option(
    "--held",
    type=click.IntRange(1),
    default=100_000,
    show_default=True,
    help="different values of a key kept in memory",
)
@click.pass_obj
def count_distinct(reporter: Reporter, held: int) -> Transform:
    """How many different values each key has, exactly.

    Keeps the different values of one key in memory up to --held. Beyond that it counts values that come in order as
    they pass, and keeps on gathering (and says so) those that do not.

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
    """The least value of each key."""
    from streamtools.reducers.picking import minimum

    return partial(minimum, reporter=reporter, text=text)


@st_reduce.command("max")
@text_option
@on_error_option
@click.pass_obj
def max_(reporter: Reporter, text: bool) -> Transform:
    """The greatest value of each key."""
    from streamtools.reducers.picking import maximum

    return partial(maximum, reporter=reporter, text=text)


@st_reduce.command("mean")
@on_error_option
@click.pass_obj
def mean(reporter: Reporter) -> Transform:
    """The mean of the values of each key, to 17 significant digits."""
    from streamtools.reducers.moments import mean

    return partial(mean, reporter=reporter)


@st_reduce.command("stats")
@on_error_option
@click.pass_obj
def stats(reporter: Reporter) -> Transform:
    """Records, sum, min, max, mean and standard deviation of each key.

    The standard deviation is that of the population.
    """
    from streamtools.reducers.moments import stats

    return partial(stats, reporter=reporter)


@st_reduce.command("top")
@click.option("-n", "--size", type=click.IntRange(1), default=10, show_default=True, help="how many records")
@click.option("--smallest", is_flag=True, help="those with the smallest values")
@click.option("--per-key", is_flag=True, help="as many of each key")
@text_option
@on_error_option
@click.pass_obj
def top(reporter: Reporter, size: int, smallest: bool, per_key: bool, text: bool) -> Transform:
    """The N records with the greatest values, best first.

    Needs no sorted input but with --per-key. Keeps N records in memory.

    \b
    Example:
      cat log.tsv | st-map | st-sort | st-reduce | st-reduce top -n 10
    """
    from streamtools.reducers.picking import top

    return partial(top, reporter=reporter, size=size, text=text, smallest=smallest, per_key=per_key)


@st_reduce.command("first")
def first() -> Transform:
    """The first value of each key."""
    from streamtools.reducers.picking import first

    return first


@st_reduce.command("last")
def last() -> Transform:
    """The last value of each key."""
    from streamtools.reducers.picking import last

    return last


@st_reduce.command("collect")
@separator_option
def collect(separator: str) -> Transform:
    """All values of each key, joined."""
    from streamtools.reducers.gathering import collect

    return partial(collect, separator=os.fsencode(separator))


@st_reduce.command("index")
@separator_option
def index(separator: str) -> Transform:
    """The documents of each term, each once, in order: a posting list.

    Keeps the documents of one term in memory.
    """
    from streamtools.reducers.gathering import index

    return partial(index, separator=os.fsencode(separator))


@st_reduce.command("histogram")
@click.option("--width", callback=decimal_number, metavar="N", help="count numbers in bins of this width")
@on_error_option
@click.pass_obj
def histogram(reporter: Reporter, width: Any) -> Transform:
    """How often each value, or bin of values, occurs in each key.

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
@click.option("--empty", default="", help="what stands for the fields of a missing side")
@on_error_option
@click.pass_obj
def join(reporter: Reporter, how: str, empty: str) -> Transform:
    """Key, left fields and right fields of records that st-map join has tagged.

    Keeps the left records of one key in memory; right ones stream. Left records must come first: sort by key and
    source.

    \b
    Example:
      ... | st-sort --key-fields 2 | st-reduce join --how left
    """
    from streamtools.reducers.join import HOW, join

    return partial(join, reporter=reporter, how=HOW[how], empty=os.fsencode(empty))


@st_reduce.command("identity")
def identity() -> Transform:
    """Every record as it is."""
    from streamtools.reducers.picking import identity

    return identity
