"""st-combine: the built-in reducers that are valid as a combiner, from stdin to stdout."""

from functools import partial

import click

from streamtools.cli import entry, st_reduce
from streamtools.cli.library import Library, on_error_option
from streamtools.errors import UsageError
from streamtools.reporter import Reporter
from streamtools.stage import Transform

UNCHANGED = ("sum", "distinct", "min", "max", "top", "first", "last", "identity")
PARTIAL = ("mean", "stats")
REFUSED = {
    "count": "it would count its own counts; write 1 in the mapper and combine with sum",
    "count-distinct": "numbers of different values cannot be added, as two tasks may have the same value",
    "collect": "the reducer would take a joined list for one value; leave out the combiner",
    "index": "the reducer would take a posting list for one document; leave out the combiner",
    "histogram": "the reducer would take a row of a histogram for a value; leave out the combiner",
    "join": "the two sides of a key meet only in the reducer; leave out the combiner",
}

ANYTHING = {"ignore_unknown_options": True}

st_combine = Library(
    "st-combine",
    default="sum",
    help="""Combine records `key TAB value` of one map task, sorted by key, before they are shuffled.

    NAME is `sum` by default. These are the reducers of st-reduce whose result does not change however often they run
    on parts of the records beforehand. For the reducers mean and stats, a combiner writes partial results.

    \b
    Example:
      st-run -input log.tsv -output out -mapper st-map -combiner st-combine -reducer st-reduce
    """,
)
parse = st_combine.parse
main = entry(st_combine)

for name in UNCHANGED:
    st_combine.add_command(st_reduce.st_reduce.commands[name])


def add_partial(name: str) -> None:
    """Add a combiner that writes partial results for the reducer of that name."""

    @st_combine.command(name, help=f"Write partial results for st-reduce {name}.")
    @on_error_option
    @click.pass_obj
    def combine(reporter: Reporter) -> Transform:
        from streamtools.reducers.moments import partial_moments

        return partial(partial_moments, reporter=reporter)


def add_refusal(name: str, reason: str) -> None:
    """Add a name that raises UsageError when it runs, with the reason why it cannot be a combiner."""

    @st_combine.command(name, hidden=True, help=f"Cannot be a combiner: {reason}.", context_settings=ANYTHING)
    @click.argument("rest", nargs=-1)
    def refuse(rest: tuple[str, ...]) -> None:
        raise UsageError(name, "cannot be a combiner", reason)


for name in PARTIAL:
    add_partial(name)
for name, reason in REFUSED.items():
    add_refusal(name, reason)
