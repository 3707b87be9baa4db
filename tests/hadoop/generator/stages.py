"""Jobs about what runs in a task: commands and Java classes, their output, end and messages."""

from random import Random

import scripts
from jobs import Job, Order

from generator.material import IO, LIB, assembled, extras, fields, inputs, output_order, reducers, text, word


def word_count(chance: Random) -> Job:
    """Count words by scripts, with a combiner that sums."""
    source, files = inputs(chance)
    generic = reducers(chance, least=1) + extras(chance)
    shipped = chance.choice([[], ["-files", "words.py,sum.py"], ["-files", "words.py#w.py,sum.py#s.py"]])
    mapper, reducer = ("w.py", "s.py") if "#" in "".join(shipped) else ("words.py", "sum.py")
    combiner = ["-combiner", f"python3 {reducer}"] if chance.random() < 0.7 else []
    last = chance.choice(["aggregate", None]) if chance.random() < 0.1 and not combiner else f"python3 {reducer}"
    if last == "aggregate":
        last = f"python3 {reducer}"
    reduce = ["-reducer", last] if last else []
    old = (
        [word for name in ("words.py", "sum.py") for word in ("-file", name)]
        if not shipped and chance.random() < 0.3
        else []
    )
    args = assembled(chance, shipped + generic, source, ["-mapper", f"python3 {mapper}"], combiner, reduce, old)
    made = Job("", args, files)
    made.files |= {"words.py": scripts.WORDS, "sum.py": scripts.SUM}
    return made


def aggregate(chance: Random) -> Job:
    """Run -reducer aggregate over its value types."""
    types = {
        "LongValueSum": lambda: chance.choice(["1", "-5", "9223372036854775807", "+3", "007"]),
        "LongValueMax": lambda: str(chance.randint(-99, 99)),
        "LongValueMin": lambda: str(chance.randint(-99, 99)),
        "DoubleValueSum": lambda: chance.choice(["1.5", "0.25", "-3", "1e3", "2.5E-1", "1048576"]),  # sums are exact
        "StringValueMax": lambda: chance.choice(["a", "B", "é", "zz", "", "a b", "日本"]),
        "StringValueMin": lambda: chance.choice(["a", "B", "é", "zz", "a b", "日本"]),
        "UniqValueCount": lambda: chance.choice(["x", "y", "z", "é", ""]),
        "ValueHistogram": lambda: chance.choice(["x", "y", "z", "x\t2", "y\t3"]),
    }
    chosen = chance.sample(sorted(types), chance.randint(1, 4))

    def make(chance: Random) -> bytes:
        kind = chance.choice(chosen)
        spelled = kind if chance.random() < 0.8 else chance.choice([kind.lower(), kind.upper()])
        return f"{spelled}:{chance.choice(['', 'a', 'b', 'a:b', 'é', 'k 1'])}\t{types[kind]()}".encode()

    source, files = inputs(chance, make, ends=False)
    if chance.random() < 0.1:
        bad = chance.choice([b"NoSuchType:a\t1\n", b"no colon\t1\n", b"LongValueSum:a\tx\n", b"DoubleValueSum:a\t\n"])
        files = {name: data + bad if data.endswith(b"\n") else data for name, data in files.items()}
    generic = reducers(chance, least=1) + extras(chance)
    args = assembled(
        chance, generic, source, ["-mapper", "cat"], ["-reducer", chance.choice(["aggregate", "Aggregate"])]
    )
    return Job("", args, files)


def java_classes(chance: Random) -> Job:
    """Run Hadoop's own mappers and reducers by their names."""
    source, files = inputs(chance, fields(b" ", word, word), ends=False)
    text_ = ["-D", f"mapreduce.map.output.key.class={IO}Text"]
    long_ = ["-D", f"mapreduce.job.output.value.class={IO}LongWritable",
             "-D", f"mapreduce.map.output.value.class={IO}LongWritable"]  # fmt: skip
    generic, mapper, reducer, format_ = chance.choice([
        ([], f"{LIB}IdentityMapper", "cat", ["-inputformat", "KeyValueTextInputFormat"]),
        ([], f"{LIB}InverseMapper", "cat", ["-inputformat", "KeyValueTextInputFormat"]),
        (text_ + long_, f"{LIB}TokenCountMapper", f"{LIB}LongSumReducer", []),
        (text_ + long_, f"{LIB}TokenCountMapper", "cat", []),
        (text_ + long_ + ["-D", "mapreduce.mapper.regex=[a-b]+"], f"{LIB}RegexMapper", f"{LIB}LongSumReducer", []),
        ([], "cat", f"{LIB}IdentityReducer", []),
        ([], None, None, []),
        (["-D", f"mapreduce.map.output.key.class={IO}LongWritable"], None, "cat", []),
        ([], None, "cat", ["-inputformat", "KeyValueTextInputFormat"]),
        ([], None, "cat", []),
        ([], f"{LIB}InverseMapper", f"{LIB}IdentityReducer", ["-inputformat", "KeyValueTextInputFormat"]),
    ])  # fmt: skip
    combiner = []
    if reducer and reducer.endswith("LongSumReducer") and chance.random() < 0.5:
        combiner = ["-combiner", reducer]
    stages = [[option, name] for option, name in (("-mapper", mapper), ("-reducer", reducer)) if name]
    args = assembled(chance, reducers(chance) + generic, source, format_, combiner, *stages)
    return Job("", args, files)


def field_selection(chance: Random) -> Job:
    """Run FieldSelectionMapReduce as mapper, reducer or both."""

    def part(open_end: bool) -> str:
        words = []
        for _ in range(chance.randint(1, 2)):
            first = chance.randint(0, 3)
            words.append(
                chance.choice([f"{first}", f"{first}-{first + chance.randint(0, 2)}"] + [f"{first}-"] * open_end)
            )
        return ",".join(words)

    generic = ["-D", f"mapreduce.map.output.key.class={IO}Text", "-D", f"mapreduce.map.output.value.class={IO}Text"]
    separator = chance.choice(["\t", "\t", ",", "::"])
    if separator != "\t":
        generic += ["-D", f"mapreduce.fieldsel.data.field.separator={separator}"]
    where = chance.choice(["map", "reduce", "both"])
    for side in ("map", "reduce"):
        if where in (side, "both") and chance.random() < 0.85:
            name = f"mapreduce.fieldsel.{side}.output.key.value.fields.spec"
            generic += ["-D", f"{name}={part(False)}:{part(True)}"]
    mapper = f"{LIB}FieldSelectionMapReduce" if where != "reduce" else "cat"
    reducer = f"{LIB}FieldSelectionMapReduce" if where != "map" else "cat"

    def make(chance: Random) -> bytes:
        return separator.encode().join(word(chance) for _ in range(chance.randint(1, 5)))

    source, files = inputs(chance, make, ends=False)
    format_ = ["-inputformat", "KeyValueTextInputFormat"] if chance.random() < 0.2 else []
    args = assembled(chance, reducers(chance, 1) + generic, source, format_, ["-mapper", mapper], ["-reducer", reducer])
    return Job("", args, files, order=None)


def task_output(chance: Random) -> Job:
    """Write fixed bytes in a mapper or reducer: odd line ends, no TAB, nothing."""
    written = text(chance)
    source, files = inputs(chance, ends=False)
    generic = reducers(chance)
    stages = {"-mapper": "cat", "-reducer": "cat"}
    stages[chance.choice(["-mapper", "-reducer"])] = "python3 writing.py"
    args = assembled(
        chance, generic + extras(chance), source, *[[option, command] for option, command in stages.items()]
    )
    return Job("", args, files | {"written": written}, order=output_order(generic, "cat"))


def failures(chance: Random) -> Job:
    """Run commands that exit with a status, die of a signal, do not read, or do not exist."""
    source, files = inputs(chance, ends=False)
    for name in chance.sample(sorted(files), chance.randint(0, len(files))):
        files[name] += b"a bad line\tx\n" if not files[name] or files[name].endswith(b"\n") else b"\nbad\n"
    stage = chance.choice(["-mapper", "-mapper", "-reducer", "-combiner"])
    what = chance.choice(["0", "1", "3", "255", "signal9", "signal15", "signal13"])
    odd = ["true", "false", "grep zzz", "grep a", "sh -c 'exit 7'", "sleep 0"]
    odd += [f"python3 failing.py {what} {when}" for when in ("always", "met", "met")]
    if stage == "-mapper":  # elsewhere the order of values would show, and st-run asks for programs before it maps
        odd += ["head -n 1", f"python3 failing.py {what} at-once", "nosuchcommand", "./nosuch", "python3 nosuch.py"]
    stages = {"-mapper": "cat", "-reducer": "cat"} | {stage: chance.choice(odd)}
    generic = reducers(chance)
    if chance.random() < 0.3:
        generic += ["-D", f"stream.non.zero.exit.is.failure={chance.choice(['false', 'true'])}"]
    if chance.random() < 0.1:
        generic += ["-D", "stream.minRecWrittenToEnableSkip_=0"]
    args = assembled(chance, generic, source, *[[option, command] for option, command in stages.items()])
    return Job("", args, files, order=None)


def unread(chance: Random) -> Job:
    """Run commands that exit before they have read all input: a pipe holds 64 KB, Hadoop's buffer 128 KB."""
    size = chance.choice([10, 1_000, 300_000, 2_000_000])
    data = (b"%060d\n" * 1000 % tuple(range(1000)) * (size // 61_000 + 1))[:size]
    stages = {"-mapper": "cat", "-reducer": "cat"}
    stages[chance.choice(["-mapper", "-mapper", "-reducer"])] = chance.choice(
        ["head -n 1", "true", "false", "head -c 100", "python3 argv.py x"]
    )
    generic = reducers(chance)
    if chance.random() < 0.3:
        generic += ["-D", f"stream.minRecWrittenToEnableSkip_={chance.choice([0, 1, 1_000_000])}"]
    if chance.random() < 0.3:
        generic += ["-D", "stream.non.zero.exit.is.failure=false"]
    args = assembled(chance, generic, ["-input", "in"], *[[option, command] for option, command in stages.items()])
    return Job("", args, {"in/a": data}, order=None)


def quoting(chance: Random) -> Job:
    """Quote words in a command."""
    pieces = [
        "a",
        "b c",
        " ",
        "  ",
        '"',
        "'",
        "\\",
        '""',
        "''",
        "$HOME",
        "*",
        "é",
        "\t",
        "-n",
        "x=1",
        ";",
        "|",
        "&",
        "%20",
        "+",
        "#",
        "~",
    ]
    line_ = "".join(chance.choice(pieces) for _ in range(chance.randint(1, 9)))
    stage = chance.choice(["-mapper", "-reducer"])
    other = "-reducer" if stage == "-mapper" else "-mapper"
    args = assembled(
        chance, ["-D", "mapreduce.job.reduces=1"], ["-input", "in"], [stage, f"python3 argv.py {line_}"], [other, "cat"]
    )
    return Job("", args, {"in/a": b"x\n"}, order=Order(b"\n"))


def counters(chance: Random) -> Job:
    """Write lines to stderr that are counters, nearly are, or are not."""
    numbers = [
        "1",
        "-4",
        "+6",
        " 7",
        "8 ",
        "",
        "x",
        "1.5",
        "9223372036854775807",
        "99999999999999999999",
        "0x1",
        "٣",
        "-",
        "1\t",
    ]
    prefixes = ["reporter:counter:"] * 6 + [
        "reporter:status:",
        "reporter:",
        " reporter:counter:",
        "Reporter:counter:",
        "my:counter:",
        "reporter:counter",
    ]
    names = ["G", "g 2", "", " pad ", "é", "G:x", "a=b", "Map-Reduce Framework", "x\ty"]
    said = b""
    for _ in range(chance.randint(1, 12)):
        middle = ",".join(
            [chance.choice(names), chance.choice(["n", "", "n n", "m=1", " e"]), chance.choice(numbers)][
                : chance.choice([3] * 6 + [1, 2])
            ]
        )
        tail = chance.choice(["", "", "", "", ",", ",,", ",x", " "])
        said += (chance.choice(prefixes) + middle + tail).encode() + chance.choice(
            [b"\n", b"\n", b"\n", b"\r\n", b"\r"]
        )
    if chance.random() < 0.3:
        said = said.rstrip(b"\r\n")
    if chance.random() < 0.15:
        said += b"\xff\xfe\nreporter:counter:\xc3(,n,1\n"
    source, files = inputs(chance, ends=False)
    generic = reducers(chance)
    if chance.random() < 0.2:
        generic += ["-D", "stream.stderr.reporter.prefix=my:"]
    stages = {"-mapper": "cat", "-reducer": "cat"}
    stages[chance.choice(["-mapper", "-reducer", "-combiner"])] = "python3 saying.py"
    args = assembled(chance, generic, source, *[[option, command] for option, command in stages.items()])
    return Job("", args, files | {"said": said}, order=output_order(generic, "cat"))


NAMES = [
    "mapreduce_job_reduces",
    "mapreduce_task_ismap",
    "mapreduce_task_partition",
    "mapreduce_map_input_start",
    "mapreduce_map_input_length",
    "mapreduce_job_name",
    "mapreduce_job_maps",
    "stream_num_map_output_key_fields",
    "stream_map_output_field_separator",
    "A",
    "B_C",
    "TWO",
    "my_prop",
    "my_prop_x",
    "my_ref",
    "mapred_task_is_map",
    "map_input_start",
    "mapreduce_map_output_key_class",
    "mapred_reduce_tasks",
    "mapreduce_job_output_key_class",
    "mapreduce_input_fileinputformat_split_minsize",
    "mapred_min_split_size",
    "mapreduce_task_io_sort_mb",
    "mapreduce_job_queuename",
    "stream_addenvironment",
    "mapred_partitioner_class",
    "mapreduce_map_output_key_field_separator",
    "mapreduce_partition_keypartitioner_options",
    "mapreduce_task_timeout",
    "HADOOP_ROOT_LOGGER",
    "mapred_input_format_class",
    "mapred_output_format_class",
    "mapreduce_job_output_value_class",
    "mapred_mapper_class",
    "mapreduce_job_combine_class",
    "mapred_reducer_class",
    "mapred_combiner_class",
    "mapred_mapoutput_key_class",
    "stream_map_input_ignoreKey",
    "stream_map_streamprocessor",
    "stream_reduce_streamprocessor",
    "stream_combine_streamprocessor",
    "mapred_map_runner_class",
    "stream_numinputspecs",
    "dfs_blocksize",
    "io_file_buffer_size",
    "mapreduce_framework_name",
    "mapreduce_map_output_value_class",
]


FREE = ["my.prop", "my-prop.x", "my.ref", "A"]
FIXED = {"mapred.min.split.size": "7", "mapreduce.task.io.sort.mb": "50", "stream.map.input.ignoreKey": "true"}
VALUES = [
    *("1", "two words", "é", "a=b", "$x", " lead", "trail ", "<&>\"'", "a,b", "%d", r"\t", "x" * 50),
    *("${mapreduce.job.reduces}", "${nosuch}", "${my.prop}"),
]
COMMANDED = ["A=1", "B_C=x=y", "TWO=a b=c", "A=", "my_prop=over", "A=é", "A= x", "B_C='q'", "noequals", "A=a B_C=b"]


def environment(chance: Random) -> Job:
    """Print properties and -cmdenv as the commands see them."""
    # mapreduce.job.name's default is the jar's name
    generic = reducers(chance)
    for name in ["mapreduce.job.name", *chance.sample(FREE, chance.randint(0, 3)), *chance.sample([*FIXED], 2)]:
        generic += ["-D", f"{name}={FIXED.get(name, chance.choice(VALUES))}"]
    if chance.random() < 0.2:
        generic += ["-D", f"stream.jobconf.truncate.limit={chance.choice([-1, 0, 3, 10])}"]
    commanded = [word for _ in range(chance.randint(0, 3)) for word in ("-cmdenv", chance.choice(COMMANDED))]
    stage = chance.choice(["-mapper", "-reducer"])
    other = "-reducer" if stage == "-mapper" else "-mapper"
    command = "python3 environment.py " + " ".join(chance.sample(NAMES, 30))
    args = assembled(chance, generic, ["-input", "in"], commanded, [stage, command], [other, "cat"])
    return Job("", args, {"in/a": b"one\ttwo\n"}, order=None)
