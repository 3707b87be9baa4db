"""st-map: a built-in mapper, from stdin to stdout."""

from __future__ import annotations

import os
import re
from functools import partial

import click

from streamtools.cli import entry
from streamtools.cli.library import Library, on_error_option
from streamtools.errors import NamelessInput, UsageError
from streamtools.reporter import Reporter
from streamtools.stage import InProcessStage, Transform

INPUT_FILE = ("mapreduce_map_input_file", "map_input_file")  # new and old name of the task's property

st_map = Library(
    "st-map",
    default="fields",
    help="""Map lines from stdin to records `key TAB value` on stdout.

    NAME is `fields` by default: without options, field 2 (UserID) of a TSV log becomes `user TAB 1`.
    Lines are bytes that end in LF. Memory use is a few blocks, whatever the size of the input.

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
    help="separator of the fields of a line",
)  # fmt: skip
value_option = click.option("--value", default="1", show_default=True, help="value of each record if -v is not given")
input_name_option = click.option(
    "--input-name", metavar="NAME", help="name of the input  [default: mapreduce_map_input_file of the task]"
)


def delimiter_bytes(text: str) -> bytes:
    """Return a delimiter as bytes; `\\t` stands for TAB. Raises UsageError for an empty one."""
    if not text:
        raise UsageError("--delimiter", "cannot be empty", "use one or more characters, for example -d ,")
    return os.fsencode(text.replace("\\t", "\t"))


def name_of_input(given: str | None) -> str:
    """Return the name of the input, from the option or the task's environment. Raises NamelessInput without both."""
    for name in (given, *map(os.environ.get, INPUT_FILE)):
        if name:
            return name
    raise NamelessInput("--input-name", "missing name of the input", "add this option, or run the job with st-run")


@st_map.command("fields")
@click.option("-k", "--key", "keys", default="2", show_default=True, metavar="FIELDS", help="key, e.g. 2 or 1,3 or 2-4")
@click.option("-v", "--values", metavar="FIELDS", help="value, e.g. 3 or 3,5 or 4-")
@value_option
@delimiter_option
@on_error_option
@click.pass_obj
def fields(reporter: Reporter, keys: str, values: str | None, value: str, delimiter: bytes) -> InProcessStage:
    """Pick key and value from fields by number, like cut.

    \b
    FIELDS is a list of numbers from 1 and ranges: 2  1,3  2-4  -3  1,4-
    A line with too few fields is a bad record.

    \b
    Examples:
      cat log.tsv | st-map fields -k 3             SiteID TAB 1
      cat log.tsv | st-map fields -k 2 -v 3,6      UserID TAB SiteID TAB Timestamp
      cat data.csv | st-map fields -d , -k 1 -v 2-
    """
    from streamtools.mappers.fields import field_keys, fields, parse_fields

    key_fields, value_fields = parse_fields(keys), parse_fields(values) if values else None
    constant = os.fsencode(value)
    records = partial(
        fields, reporter=reporter, keys=key_fields, values=value_fields, value=constant, delimiter=delimiter
    )
    if value_fields or not key_fields.is_single or delimiter != b"\t":
        return InProcessStage(records)
    key_lists = partial(field_keys, reporter=reporter, field=key_fields.closed[0], delimiter=delimiter)
    return InProcessStage(records, keys=key_lists, value=constant)


@st_map.command("words")
def words() -> InProcessStage:
    """Write each word in lower case, without punctuation, TAB 1.

    Only ASCII letters change case; other bytes stay as they are.

    \b
    Example:
      cat book.txt | st-map words | st-sort | st-reduce
    """
    from streamtools.mappers.text import word_keys, words

    return InProcessStage(words, keys=word_keys, value=b"1")


@st_map.command("ngrams")
@click.option("-n", "--size", type=click.IntRange(1), default=2, show_default=True, help="words in a row")
def ngrams(size: int) -> Transform:
    """Write each N words in a row of a line, TAB 1.

    \b
    Example:
      cat book.txt | st-map ngrams -n 3 | st-sort | st-reduce
    """
    from streamtools.mappers.text import ngrams

    return partial(ngrams, size=size)


@st_map.command("index")
@input_name_option
def index(input_name: str | None) -> Transform:
    """Write each word TAB the name of the input, for an inverted index.

    \b
    Example:
      st-map index --input-name a.txt < a.txt | st-sort | st-reduce index
    """
    from streamtools.mappers.text import index

    return partial(index, document=os.fsencode(name_of_input(input_name)))


@st_map.command("grep")
@click.argument("pattern")
@click.option("-v", "--invert-match", "invert", is_flag=True, help="keep the lines without a match")
@click.option("-i", "--ignore-case", is_flag=True, help="ignore the case of ASCII letters")
def grep(pattern: str, invert: bool, ignore_case: bool) -> Transform:
    """Keep the lines in which PATTERN, a regular expression of Python over bytes, is found.

    Unlike grep it ends with status 0 if nothing matches, so that a job continues.

    \b
    Example:
      cat log.tsv | st-map grep -i 'firefox|safari' | wc -l
    """
    from streamtools.mappers.lines import grep

    try:
        compiled = re.compile(os.fsencode(pattern), re.IGNORECASE if ignore_case else 0)
    except re.error as error:
        raise UsageError(pattern, f"invalid regular expression: {error}", "see Python's re module") from None
    return partial(grep, pattern=compiled, invert=invert)


@st_map.command("identity")
def identity() -> Transform:
    """Write every line unchanged."""
    from streamtools.mappers.lines import identity

    return identity


def check_rate(_ctx: click.Context, _param: click.Parameter, rate: float) -> float:
    """Return a number from 0 to 1. Raises BadParameter for any other, and for NaN, which click's range accepts."""
    if not 0 <= rate <= 1:
        raise click.BadParameter(f"{rate} is not in the range 0<=x<=1.")
    return rate


@st_map.command("sample")
@click.option(
    "-r",
    "--rate",
    type=float,
    callback=check_rate,
    default=0.01,
    show_default=True,
    help="share to keep, 0 to 1",
)
@click.option("-k", "--key", type=click.IntRange(1), default=1, show_default=True, help="number of the key field")
@click.option("--random", is_flag=True, help="choose single lines at random, not all lines of a key")
@click.option("--seed", type=int, default=0, show_default=True, help="number that determines the sample")
@delimiter_option
@on_error_option
@click.pass_obj
def sample(reporter: Reporter, rate: float, key: int, random: bool, seed: int, delimiter: bytes) -> Transform:
    """Keep a share of the lines: all lines of some keys, or lines at random.

    A line without the key field is a bad record.

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
    """Pick key and value by path from lines of JSON.

    A PATH is made of names and positions in lists (from 0), separated by dots. A line without it is a bad record.
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
    "-s",
    "--source",
    "sources",
    multiple=True,
    required=True,
    metavar="PATTERN=FIELDS",
    help="one side; give it twice",
)
@input_name_option
@delimiter_option
@on_error_option
@click.pass_obj
def join(reporter: Reporter, sources: tuple[str, ...], input_name: str | None, delimiter: bytes) -> Transform:
    """Write key TAB number of the source (0 or 1) TAB other fields, for st-reduce join.

    PATTERN is a glob that matches the name of the input, or the last component of it; FIELDS is the key. Name the
    smaller side first, because the join keeps its records of one key in memory.

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
        raise UsageError("--source", f"a join needs two sources, got {len(parsed)}", "give the option twice")
    number = source_of(name_of_input(input_name), parsed)
    return partial(join, reporter=reporter, number=number, keys=parsed[number].keys, delimiter=delimiter)
