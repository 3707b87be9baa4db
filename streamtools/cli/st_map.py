"""st-map: a mapper from the library, from stdin to stdout."""

from __future__ import annotations

import os
import re
from functools import partial

import click

from streamtools.cli import entry
from streamtools.cli.library import Library, on_error_option
from streamtools.errors import UsageError
from streamtools.reporter import Reporter
from streamtools.stage import Transform

INPUT_FILE = ("mapreduce_map_input_file", "map_input_file")  # new and old name of the property of a map task

st_map = Library(
    "st-map",
    default="fields",
    help="""Map lines from stdin to records `key TAB value` on stdout.

    Without NAME it is `fields`, and without options field 2 (UserID) of a TSV log becomes `user TAB 1`.
    Lines are bytes that end in LF. Memory is a few blocks, whatever the input.

    \b
    Examples:
      cat log.tsv | st-map | st-sort | st-reduce
      cat log.tsv | st-map fields -k 3 -v 6 | st-sort | st-reduce max
      cat book.txt | st-map words | st-sort | st-reduce
      st-map fields --help
    """,
)
parse = st_map.parse
main = entry(st_map)

delimiter_option = click.option(
    "-d", "--delimiter", default="\t", show_default="TAB", callback=lambda _c, _p, text: delimiter_bytes(text),
    help="what parts the fields of a line",
)  # fmt: skip
value_option = click.option("--value", default="1", show_default=True, help="value of each record, without -v")
input_name_option = click.option(
    "--input-name", metavar="NAME", help="name of the input  [default: mapreduce_map_input_file of the task]"
)


def delimiter_bytes(text: str) -> bytes:
    """A delimiter as bytes; `\\t` may be written for TAB. Raises UsageError for an empty one."""
    if not text:
        raise UsageError("--delimiter", "is empty", "give one or more characters, e.g. -d ,")
    return os.fsencode(text.replace("\\t", "\t"))


def name_of_input(given: str | None) -> str:
    """The name of what is mapped, from the option or the task's environment; raises UsageError when neither tells."""
    name = given or next(filter(None, map(os.environ.get, INPUT_FILE)), None)
    if not name:
        raise UsageError("--input-name", "nothing tells the name of the input", "give it, or run the job with st-run")
    return name


@st_map.command("fields")
@click.option("-k", "--key", "keys", default="2", show_default=True, metavar="FIELDS", help="key, e.g. 2 or 1,3 or 2-4")
@click.option("-v", "--values", metavar="FIELDS", help="value, e.g. 3 or 3,5 or 4-")
@value_option
@delimiter_option
@on_error_option
@click.pass_obj
def fields(reporter: Reporter, keys: str, values: str | None, value: str, delimiter: bytes) -> Transform:
    """Key and value from fields by number, like cut.

    \b
    FIELDS is a list of numbers from 1 and ranges: 2  1,3  2-4  -3  1,4-
    A line with too few fields is a bad record.

    \b
    Examples:
      cat log.tsv | st-map fields -k 3             SiteID TAB 1
      cat log.tsv | st-map fields -k 2 -v 3,6      UserID TAB SiteID TAB Timestamp
      cat data.csv | st-map fields -d , -k 1 -v 2-
    """
    from streamtools.mappers.fields import fields, parse_fields

    return partial(
        fields,
        reporter=reporter,
        keys=parse_fields(keys),
        values=parse_fields(values) if values else None,
        value=os.fsencode(value),
        delimiter=delimiter,
    )


@st_map.command("words")
def words() -> Transform:
    """Each word in lower case, without punctuation, TAB 1.

    Only letters of ASCII change their case; other bytes stay as they are.

    \b
    Example:
      cat book.txt | st-map words | st-sort | st-reduce
    """
    from streamtools.mappers.text import words

    return words


@st_map.command("ngrams")
@click.option("-n", "--size", type=click.IntRange(1), default=2, show_default=True, help="words in a row")
def ngrams(size: int) -> Transform:
    """Each N words in a row of a line, TAB 1.

    \b
    Example:
      cat book.txt | st-map ngrams -n 3 | st-sort | st-reduce
    """
    from streamtools.mappers.text import ngrams

    return partial(ngrams, size=size)


@st_map.command("index")
@input_name_option
def index(input_name: str | None) -> Transform:
    """Each word TAB the name of the input, for an inverted index.

    \b
    Example:
      st-map index --input-name a.txt < a.txt | st-sort | st-reduce index
    """
    from streamtools.mappers.text import index

    return partial(index, document=os.fsencode(name_of_input(input_name)))


@st_map.command("grep")
@click.argument("pattern")
@click.option("-v", "--invert-match", "invert", is_flag=True, help="the lines without a match")
@click.option("-i", "--ignore-case", is_flag=True, help="ignore the case of ASCII letters")
def grep(pattern: str, invert: bool, ignore_case: bool) -> Transform:
    """The lines in which PATTERN, a regular expression of Python over bytes, is found.

    Unlike grep it ends with status 0 when nothing matches, so that a job goes on.

    \b
    Example:
      cat log.tsv | st-map grep -i 'firefox|safari' | wc -l
    """
    from streamtools.mappers.lines import grep

    try:
        compiled = re.compile(os.fsencode(pattern), re.IGNORECASE if ignore_case else 0)
    except re.error as error:
        raise UsageError(pattern, f"no regular expression: {error}", "see the re module of Python") from None
    return partial(grep, pattern=compiled, invert=invert)


@st_map.command("identity")
def identity() -> Transform:
    """Every line as it is."""
    from streamtools.mappers.lines import identity

    return identity


def part_of_one(_ctx: click.Context, _param: click.Parameter, rate: float) -> float:
    """A number from 0 to 1, and not NaN, which a range of click's lets through."""
    if not 0 <= rate <= 1:
        raise click.BadParameter(f"{rate} is not in the range 0<=x<=1.")
    return rate


@st_map.command("sample")
@click.option(
    "-r", "--rate", type=float, callback=part_of_one, default=0.01, show_default=True, help="part that is taken, 0 to 1"
)
@click.option("-k", "--key", type=click.IntRange(1), default=1, show_default=True, help="field that is the key")
@click.option("--random", is_flag=True, help="draw each line for itself, not all lines of a key together")
@click.option("--seed", type=int, default=0, show_default=True, help="another seed takes another sample")
@delimiter_option
@on_error_option
@click.pass_obj
def sample(reporter: Reporter, rate: float, key: int, random: bool, seed: int, delimiter: bytes) -> Transform:
    """A part of the lines: all lines of a part of the keys, or lines by chance.

    A line without the field of the key is a bad record.

    \b
    Examples:
      cat log.tsv | st-map sample --rate 0.1 -k 2       all lines of a tenth of the users
      cat log.tsv | st-map sample --rate 0.1 --random   a tenth of the lines
    """
    from streamtools.mappers.lines import sample

    field = None if random else key - 1
    return partial(sample, reporter=reporter, rate=rate, seed=seed, field=field, delimiter=delimiter)


@st_map.command("json")
@click.option("-k", "--key", "keys", multiple=True, required=True, metavar="PATH", help="key, e.g. user.id; repeatable")
@click.option("-v", "--values", multiple=True, metavar="PATH", help="value, e.g. tags.0; repeatable")
@value_option
@on_error_option
@click.pass_obj
def json(reporter: Reporter, keys: tuple[str, ...], values: tuple[str, ...], value: str) -> Transform:
    """Key and value by path out of lines of JSON.

    A PATH is names and positions in lists (from 0) parted by dots. A line without one of them is a bad record.
    Numbers stay as they are written.

    \b
    Example:
      cat events.jsonl | st-map json -k user.id -v amount | st-sort | st-reduce sum
    """
    from streamtools.mappers.paths import json_paths, parse_path

    return partial(
        json_paths,
        reporter=reporter,
        keys=[parse_path(path) for path in keys],
        values=[parse_path(path) for path in values],
        value=os.fsencode(value),
    )


@st_map.command("join")
@click.option(
    "-s", "--source", "sources", multiple=True, required=True, metavar="PATTERN=FIELDS", help="one side; twice"
)
@input_name_option
@delimiter_option
@on_error_option
@click.pass_obj
def join(reporter: Reporter, sources: tuple[str, ...], input_name: str | None, delimiter: bytes) -> Transform:
    """Key TAB number of its source (0 or 1) TAB other fields, for st-reduce join.

    The name of the input tells which source it is: PATTERN is a glob for the name or the last part of it, FIELDS its
    key. Name the smaller side first, as the join keeps the records of one key of it in memory.

    \b
    Example:
      ( st-map join -s users.tsv=1 -s log.tsv=2 --input-name users.tsv < users.tsv
        st-map join -s users.tsv=1 -s log.tsv=2 --input-name log.tsv < log.tsv
      ) | st-sort --key-fields 2 | st-reduce join
      st-run -D stream.num.map.output.key.fields=2 -D mapreduce.partition.keypartitioner.options=-k1,1 \\
             -partitioner org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner \\
             -input users.tsv -input log.tsv -output out \\
             -mapper 'st-map join -s users.tsv=1 -s log.tsv=2' -reducer 'st-reduce join'
    """
    from streamtools.mappers.sources import join, parse_source, source_of

    parsed = [parse_source(source) for source in sources]
    if len(parsed) != 2:
        raise UsageError("--source", f"a join has two sides, {len(parsed)} given", "give the option twice")
    number = source_of(name_of_input(input_name), parsed)
    return partial(join, reporter=reporter, number=number, keys=parsed[number].keys, delimiter=delimiter)
