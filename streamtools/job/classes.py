"""Java classes named on the command line: those with a stand-in here, and the refusal of all others."""

import re

from streamtools.errors import UnavailableError
from streamtools.java.class_names import (
    AGGREGATE_COMBINER,
    AGGREGATE_REDUCER,
    AUTO_INPUT,
    CODEC_SUFFIXES,
    COMPRESS,
    FIELD_SELECTION,
    HASH_PARTITIONER,
    IDENTITY_MAPPER,
    IDENTITY_REDUCER,
    INVERSE_MAPPER,
    KEY_FIELD_COMPARATOR,
    KEY_FIELD_PARTITIONER,
    KEY_VALUE_INPUT,
    LONG_DECREASING,
    LONG_SUM_REDUCER,
    MAPRED,
    NEW_API,
    NEW_API_STAGES,
    NEW_KEY_FIELD_COMPARATOR,
    NLINE_INPUT,
    NULL_OUTPUT,
    REGEX_MAPPER,
    SEQUENCE_AS_TEXT_INPUT,
    SEQUENCE_INPUT,
    SEQUENCE_OUTPUT,
    STREAM_INPUT,
    STREAMING,
    TEXT_COMPARATOR,
    TEXT_INPUT,
    TEXT_OUTPUT,
    TOKEN_COUNT_MAPPER,
    XML_READER,
)
from streamtools.job.refusal import Refused

SHORT_INPUT = {
    name.rpartition(".")[2]: name for name in (TEXT_INPUT, KEY_VALUE_INPUT, SEQUENCE_INPUT, SEQUENCE_AS_TEXT_INPUT)
}
KNOWN = {  # by option: the classes that have a stand-in
    "inputformat": {
        TEXT_INPUT, KEY_VALUE_INPUT, SEQUENCE_INPUT, SEQUENCE_AS_TEXT_INPUT, NLINE_INPUT, AUTO_INPUT, STREAM_INPUT,
    },
    "outputformat": {TEXT_OUTPUT, SEQUENCE_OUTPUT, NULL_OUTPUT},
    "partitioner": {HASH_PARTITIONER, KEY_FIELD_PARTITIONER},
    "inputreader": {XML_READER},
    "mapper": {IDENTITY_MAPPER, INVERSE_MAPPER, TOKEN_COUNT_MAPPER, REGEX_MAPPER, FIELD_SELECTION},
    "reducer": {IDENTITY_REDUCER, LONG_SUM_REDUCER, FIELD_SELECTION, AGGREGATE_REDUCER},
    "combiner": {IDENTITY_REDUCER, LONG_SUM_REDUCER, AGGREGATE_COMBINER},
    "comparator": {KEY_FIELD_COMPARATOR, NEW_KEY_FIELD_COMPARATOR, TEXT_COMPARATOR, LONG_DECREASING},
}  # fmt: skip
INTERFACE = {
    "inputformat": "InputFormat", "outputformat": "OutputFormat", "partitioner": "Partitioner",
    "mapper": "Mapper", "combiner": "Reducer", "reducer": "Reducer",
}  # fmt: skip
JAVA_NAME = re.compile(r"(?:[a-z_][\w$]*\.){2,}[A-Z][\w$]*")


def find_class(option: str, name: str) -> str:
    """Return the full name of a class given to an option. Raises Refused if it has no stand-in."""
    full = name if "." in name else STREAMING + name
    if full in KNOWN[option]:
        return full
    if full.startswith(NEW_API) and option in INTERFACE:
        raise _not_of_the_old_api(option, full)
    if not JAVA_NAME.fullmatch(full) or "." not in name:
        raise Refused(f"-{option} : class not found : {name}", f"known here: {', '.join(sorted(KNOWN[option]))}")
    raise no_stand_in(option, name)


def find_stage_class(option: str, text: str) -> str | None:
    """Return the full name of the class that a mapper, combiner or reducer is, None if it is a command.

    A class without stand-in is a command, too, as for Hadoop one that it does not find. Raises Refused for a mapper or
    reducer of Hadoop's new API, as the job client does.
    """
    if text in NEW_API_STAGES:
        raise _not_of_the_old_api(option, text)
    return next((full for full in (text, STREAMING + text) if full in KNOWN[option]), None)


def _not_of_the_old_api(option: str, full: str) -> Refused:
    old = f"{MAPRED}{INTERFACE[option]}"
    return Refused(f"class {full} not {old}", f"streaming takes classes of the old API, in {MAPRED}*")


def no_stand_in(option: str, name: str) -> Refused:
    """Return the refusal of a class that only a real Hadoop has."""
    return Refused(
        f"-{option} : the Java class {name} has no stand-in here",
        "run the job with --on hadoop, or give a command that does the same",
    )


def find_codec_suffix(codec: str) -> str:
    """Return the suffix of the files that a codec class writes. Raises Refused if it is unknown or needs a library."""
    from streamtools.formats.hadoop_codecs import make_compressor

    if codec not in CODEC_SUFFIXES:
        names = ", ".join(name.removeprefix(COMPRESS) for name in CODEC_SUFFIXES)
        raise Refused(f"Compression codec {codec} was not found.", f"use one of {names} in {COMPRESS}*")
    try:
        make_compressor(CODEC_SUFFIXES[codec])
    except UnavailableError as error:
        raise Refused(f"Compression codec {codec}: {error.problem}", error.remedy) from None
    return CODEC_SUFFIXES[codec]
