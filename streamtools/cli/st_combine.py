"""st-combine: those reducers of the library that are right as a combiner, from stdin to stdout."""

from functools import partial

import click

from streamtools.cli import entry, st_reduce
from streamtools.cli.library import Library, on_error_option
from streamtools.errors import UsageError
from streamtools.reporter import Reporter
from streamtools.stage import Transform

AS_THEY_ARE = ("sum", "distinct", "min", "max", "top", "first", "last", "identity")
PARTLY = ("mean", "stats")
REFUSED = {
    "count": "it would count its own counts; let the mapper write 1 and combine with sum",
    "count-distinct": "numbers of different values cannot be added up, as two tasks may have the same value",
    "collect": "the reducer would take a joined list for one value; leave the combiner out",
    "index": "the reducer would take a posting list for one document; leave the combiner out",
    "histogram": "the reducer would take a row of a histogram for a value; leave the combiner out",
    "join": "the two sides of a key meet only in the reducer; leave the combiner out",
}

ANYTHING = {"ignore_unknown_options": True}

st_combine = Library(
    "st-combine",
    default="sum",
    help="""Combine records `key TAB value` of one map task, sorted by key, before they are shuffled.

    These are the reducers of st-reduce whose result stays the same however often and on whichever part of the records
    they run first. Before the reducers mean and stats, a partial result is written that they take.

    \b
    Example:
      st-run -input log.tsv -output out -mapper st-map -combiner st-combine -reducer st-reduce
    """,
)
parse = st_combine.parse
main = entry(st_combine)

for name in AS_THEY_ARE:
    st_combine.add_command(st_reduce.st_reduce.commands[name])


def combine_partly(name: str) -> None:
    """Add a name whose combiner writes partial results for the reducer of that name."""

    @st_combine.command(name, help=f"Partial results for st-reduce {name}.")
    @on_error_option
    @click.pass_obj
    def combined(reporter: Reporter) -> Transform:
        from streamtools.reducers.moments import partial_moments

        return partial(partial_moments, reporter=reporter)


def refuse(name: str, reason: str) -> None:
    """Add a name that only says why it is no combiner; raises UsageError when it is run."""

    @st_combine.command(name, hidden=True, help=f"No combiner: {reason}.", context_settings=ANYTHING)
    @click.argument("rest", nargs=-1)
    def refused(rest: tuple[str, ...]) -> None:
        raise UsageError(name, "cannot be a combiner", reason)


for name in PARTLY:
    combine_partly(name)
for name, reason in REFUSED.items():
    refuse(name, reason)
