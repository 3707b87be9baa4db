"""The Java classes that have a stand-in here, by what they are used for; any other one is refused by name."""

import re

from streamtools.job.refusal import Refused

MAPRED = "org.apache.hadoop.mapred."
LIB = "org.apache.hadoop.mapred.lib."
IO = "org.apache.hadoop.io."
STREAMING = "org.apache.hadoop.streaming."
NEW_API = "org.apache.hadoop.mapreduce."

TEXT, LONG = IO + "Text", IO + "LongWritable"

TEXT_INPUT = MAPRED + "TextInputFormat"
KEY_VALUE_INPUT = MAPRED + "KeyValueTextInputFormat"
SEQUENCE_INPUT = MAPRED + "SequenceFileInputFormat"
SEQUENCE_AS_TEXT_INPUT = MAPRED + "SequenceFileAsTextInputFormat"
NLINE_INPUT = LIB + "NLineInputFormat"
AUTO_INPUT = STREAMING + "AutoInputFormat"
STREAM_INPUT = STREAMING + "StreamInputFormat"
XML_READER = STREAMING + "StreamXmlRecordReader"

TEXT_OUTPUT = MAPRED + "TextOutputFormat"
SEQUENCE_OUTPUT = MAPRED + "SequenceFileOutputFormat"
NULL_OUTPUT = LIB + "NullOutputFormat"
LAZY_OUTPUT = LIB + "LazyOutputFormat"

HASH_PARTITIONER = LIB + "HashPartitioner"
KEY_FIELD_PARTITIONER = LIB + "KeyFieldBasedPartitioner"
KEY_FIELD_COMPARATOR = LIB + "KeyFieldBasedComparator"
TEXT_COMPARATOR = TEXT + "$Comparator"
LONG_DECREASING = LONG + "$DecreasingComparator"

IDENTITY_MAPPER, IDENTITY_REDUCER = LIB + "IdentityMapper", LIB + "IdentityReducer"
INVERSE_MAPPER, TOKEN_COUNT_MAPPER = LIB + "InverseMapper", LIB + "TokenCountMapper"
REGEX_MAPPER, LONG_SUM_REDUCER = LIB + "RegexMapper", LIB + "LongSumReducer"
FIELD_SELECTION = LIB + "FieldSelectionMapReduce"
AGGREGATE_REDUCER = LIB + "aggregate.ValueAggregatorReducer"
AGGREGATE_COMBINER = LIB + "aggregate.ValueAggregatorCombiner"

COMPRESS = IO + "compress."
SUFFIXES = {  # codecs in that package -> the suffix of files
    "DefaultCodec": ".deflate",
    "DeflateCodec": ".deflate",
    "GzipCodec": ".gz",
    "BZip2Codec": ".bz2",
    "Lz4Codec": ".lz4",
    "SnappyCodec": ".snappy",
    "ZStandardCodec": ".zst",
}
OF_REDUCES = ("mapreduce.job.partitioner.class", "mapreduce.job.reduce.class")
OF_NEW_API = (
    *("mapreduce.job.inputformat.class", "mapreduce.job.map.class", "mapreduce.job.outputformat.class"),
    *OF_REDUCES,
)

SHORT_INPUT = {
    name.rpartition(".")[2]: name for name in (TEXT_INPUT, KEY_VALUE_INPUT, SEQUENCE_INPUT, SEQUENCE_AS_TEXT_INPUT)
}
KNOWN = {
    "inputformat": {
        TEXT_INPUT, KEY_VALUE_INPUT, SEQUENCE_INPUT, SEQUENCE_AS_TEXT_INPUT, NLINE_INPUT, AUTO_INPUT, STREAM_INPUT,
    },
    "outputformat": {TEXT_OUTPUT, SEQUENCE_OUTPUT, NULL_OUTPUT},
    "partitioner": {HASH_PARTITIONER, KEY_FIELD_PARTITIONER},
    "inputreader": {XML_READER},
    "mapper": {IDENTITY_MAPPER, INVERSE_MAPPER, TOKEN_COUNT_MAPPER, REGEX_MAPPER, FIELD_SELECTION},
    "reducer": {IDENTITY_REDUCER, LONG_SUM_REDUCER, FIELD_SELECTION, AGGREGATE_REDUCER},
    "combiner": {IDENTITY_REDUCER, LONG_SUM_REDUCER, AGGREGATE_COMBINER},
    "comparator": {KEY_FIELD_COMPARATOR, TEXT_COMPARATOR, LONG_DECREASING},
}  # fmt: skip
INTERFACE = {"inputformat": "InputFormat", "outputformat": "OutputFormat", "partitioner": "Partitioner"}
JAVA_NAME = re.compile(r"(?:[a-z_][\w$]*\.){2,}[A-Z][\w$]*")
KEY_CLASSES = {TEXT, LONG, IO + "BytesWritable", IO + "NullWritable", "org.apache.hadoop.typedbytes.TypedBytesWritable"}


def class_named(option: str, name: str) -> str:
    """The full name of a class given to an option; raises Refused for one that has no stand-in."""
    full = name if "." in name else STREAMING + name
    if full in KNOWN[option]:
        return full
    if full.startswith(NEW_API) and option in INTERFACE:
        old = f"{MAPRED}{INTERFACE[option]}"
        raise Refused(f"class {full} not {old}", f"streaming takes classes of the old API, in {MAPRED}*")
    if not JAVA_NAME.fullmatch(full) or "." not in name:
        raise Refused(f"-{option} : class not found : {name}", f"known here: {', '.join(sorted(KNOWN[option]))}")
    raise no_stand_in(option, name)


def is_class(option: str, text: str) -> str | None:
    """The full name when a mapper, combiner or reducer is a Java class that has a stand-in, None for a command.

    Any other class is a command, too: what Hadoop makes of one that it does not find.
    """
    return next((full for full in (text, STREAMING + text) if full in KNOWN[option]), None)


def is_codec(name: str) -> bool:
    """Whether a class is a codec of Hadoop's."""
    return name.startswith(COMPRESS) and name.removeprefix(COMPRESS) in SUFFIXES


def no_stand_in(option: str, name: str) -> Refused:
    """The refusal of a class that only a real Hadoop has."""
    return Refused(
        f"-{option} : the Java class {name} has no stand-in here",
        "run the job with --on hadoop, or give a command that does the same",
    )
