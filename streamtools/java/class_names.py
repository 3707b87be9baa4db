"""Full names of the Java classes of Hadoop that streamtools knows."""

MAPRED = "org.apache.hadoop.mapred."
LIB = "org.apache.hadoop.mapred.lib."
IO = "org.apache.hadoop.io."
STREAMING = "org.apache.hadoop.streaming."
NEW_API = "org.apache.hadoop.mapreduce."

TEXT = IO + "Text"
LONG = IO + "LongWritable"
INT = IO + "IntWritable"
BYTES = IO + "BytesWritable"
NULL = IO + "NullWritable"
TYPED_BYTES = "org.apache.hadoop.typedbytes.TypedBytesWritable"

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
NEW_KEY_FIELD_COMPARATOR = NEW_API + "lib.partition.KeyFieldBasedComparator"  # the other one is derived from it
TEXT_COMPARATOR = TEXT + "$Comparator"
LONG_DECREASING = LONG + "$DecreasingComparator"

IDENTITY_MAPPER = LIB + "IdentityMapper"
INVERSE_MAPPER = LIB + "InverseMapper"
TOKEN_COUNT_MAPPER = LIB + "TokenCountMapper"
REGEX_MAPPER = LIB + "RegexMapper"
IDENTITY_REDUCER = LIB + "IdentityReducer"
LONG_SUM_REDUCER = LIB + "LongSumReducer"
FIELD_SELECTION = LIB + "FieldSelectionMapReduce"
AGGREGATE_REDUCER = LIB + "aggregate.ValueAggregatorReducer"
AGGREGATE_COMBINER = LIB + "aggregate.ValueAggregatorCombiner"

NEW_API_STAGES = {  # Streaming refuses them: they are no mappers and reducers of the old API
    NEW_API + name
    for name in (
        *("Mapper", "Reducer", "lib.reduce.IntSumReducer", "lib.reduce.LongSumReducer", "lib.reduce.WrappedReducer"),
        *("lib.map.InverseMapper", "lib.map.MultithreadedMapper", "lib.map.RegexMapper", "lib.map.TokenCounterMapper"),
        *("lib.map.WrappedMapper", "lib.chain.ChainMapper", "lib.chain.ChainReducer"),
        *("lib.fieldsel.FieldSelectionMapper", "lib.fieldsel.FieldSelectionReducer"),
        *("lib.aggregate.ValueAggregatorMapper", "lib.aggregate.ValueAggregatorCombiner"),
        "lib.aggregate.ValueAggregatorReducer",
    )
}

COMPRESS = IO + "compress."
CODEC_SUFFIXES = {  # codec class -> suffix of the files that it writes
    COMPRESS + "DefaultCodec": ".deflate",
    COMPRESS + "DeflateCodec": ".deflate",
    COMPRESS + "GzipCodec": ".gz",
    COMPRESS + "BZip2Codec": ".bz2",
    COMPRESS + "Lz4Codec": ".lz4",
    COMPRESS + "SnappyCodec": ".snappy",
    COMPRESS + "ZStandardCodec": ".zst",
}
