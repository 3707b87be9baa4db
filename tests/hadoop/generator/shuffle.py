"""Jobs about keys: where a record is split into key and value, its partition, its place in the order."""

from random import Random

from jobs import Job, Order

from generator.material import LIB, assembled, extras, inputs, key, number, output_order, reducers, word


def identity(chance: Random) -> Job:
    """Run cat as mapper and reducer: reading, partition, sort, writing."""
    source, files = inputs(chance)
    generic = reducers(chance) + extras(chance)
    mapper = chance.choice(["cat", "cat", "/bin/cat", "cat -", "sed -e s/a/b/", "tr a-y b-z"])
    reducer = chance.choice(["cat", "cat", "cat", f"{LIB}IdentityReducer", None, "NONE"])
    combiner = ["-combiner", "cat"] if chance.random() < 0.3 else []
    args = assembled(chance, generic, source, ["-mapper", mapper], ["-reducer", reducer] if reducer else [], combiner)
    return Job("", args, files, order=output_order(generic, reducer))


def separators(chance: Random) -> Job:
    """Set where a line is split into key and value, at each of the four places."""
    signs = ["\t", ".", ",", " ", "::", "ab", "|", "é", ""]
    generic = reducers(chance)
    for name in ("map.input", "map.output", "reduce.input", "reduce.output"):
        if chance.random() < 0.5:
            generic += ["-D", f"stream.{name}.field.separator={chance.choice(signs)}"]
    for name in ("map", "reduce"):
        if chance.random() < 0.5:
            generic += ["-D", f"stream.num.{name}.output.key.fields={chance.choice([0, 1, 2, 2, 3, 4])}"]
    if chance.random() < 0.4:
        name = chance.choice(["mapreduce.output.textoutputformat.separator", "mapred.textoutputformat.separator"])
        generic += ["-D", f"{name}={chance.choice(signs)}"]
    format_ = []
    if chance.random() < 0.3:
        format_ = ["-inputformat", "KeyValueTextInputFormat"]
        if chance.random() < 0.5:
            generic += [
                "-D",
                f"mapreduce.input.keyvaluelinerecordreader.key.value.separator={chance.choice(signs[:-1])}",
            ]

    def make(chance: Random) -> bytes:
        parts = [chance.choice([b"a", b"b", b"ab", b"", b"x", b"\xc3\xa9", b"c"]) for _ in range(chance.randint(1, 5))]
        return b"".join(part + chance.choice([b"\t", b".", b",", b" ", b"::", b":", b"|"]) for part in parts)

    source, files = inputs(chance, make)
    combiner = ["-combiner", "cat"] if chance.random() < 0.15 and "reduce.output" not in " ".join(generic) else []
    args = assembled(chance, generic, source, format_, combiner, ["-mapper", "cat"], ["-reducer", "cat"])
    return Job("", args, files, order=None)


def spec(chance: Random, columns: int, flags: str = "") -> str:
    """Make a -k specification as `sort` has it."""
    first = chance.randint(1, columns)
    last = chance.randint(first, columns + 1)

    def char() -> str:
        return f".{chance.randint(1, 3)}" if chance.random() < 0.25 else ""

    end = f",{last}{char()}" if chance.random() < 0.75 else ""
    return f"-k{first}{char()}{end}{flags}"


def partitioner(chance: Random) -> Job:
    """Partition by hostile fields (KeyFieldBasedPartitioner)."""
    columns = chance.choice([1, 2, 3])
    separator = chance.choice([".", ".", "\t", ",", ":"])
    options = " ".join(
        spec(chance, columns, chance.choice(["", "", "n", "r"])) for _ in range(chance.choice([0, 1, 1, 2]))
    )
    generic = [*reducers(chance, least=2), "-D", f"stream.num.map.output.key.fields={columns}"]
    if separator != "\t":
        generic += ["-D", f"mapreduce.map.output.key.field.separator={separator}"]
        generic += ["-D", f"stream.map.output.field.separator={separator}"]
    if chance.random() < 0.15:
        generic += ["-D", f"num.key.fields.for.partition={chance.randint(1, columns)}"]
    if options or chance.random() < 0.3:
        generic += ["-D", f"mapreduce.partition.keypartitioner.options={options}"]

    def make(chance: Random) -> bytes:
        return separator.encode().join(key(chance) for _ in range(chance.randint(1, columns + 1)))

    source, files = inputs(chance, make)
    args = assembled(chance, generic + extras(chance), source, ["-mapper", "cat"], ["-reducer", "cat"],
                     ["-partitioner", LIB + "KeyFieldBasedPartitioner"])  # fmt: skip
    return Job("", args, files, order=None if separator != "\t" else Order(fields=list(range(columns))))


def comparator(chance: Random) -> Job:
    """Compare clean columns of words and numbers, each specification a whole column (KeyFieldBasedComparator)."""
    separator = chance.choice(["\t", "\t", ".", ","])
    columns = [chance.choice([word, number]) for _ in range(chance.choice([1, 2, 3]))]
    chosen = chance.sample(range(len(columns)), chance.randint(1, len(columns)))

    def flags(column: int) -> str:
        return ("n" if columns[column] is number and chance.random() < 0.7 else "") + chance.choice(["", "", "r"])

    options = " ".join(f"-k{i + 1},{i + 1}{flags(i)}" for i in chosen)
    if chance.random() < 0.15:
        options = chance.choice(["-r", "-nr", "-n"]) + " " + options
        columns = [number] * len(columns) if "n" in options.split()[0] else columns
    generic = reducers(chance, least=1)
    generic += ["-D", f"stream.num.map.output.key.fields={len(columns)}"]
    generic += ["-D", f"mapreduce.job.output.key.comparator.class={LIB}KeyFieldBasedComparator"]
    generic += ["-D", f"mapreduce.partition.keycomparator.options={options}"]
    if separator != "\t":
        generic += ["-D", f"stream.map.output.field.separator={separator}"]
        generic += ["-D", f"mapreduce.map.output.key.field.separator={separator}"]
    partition = []
    if chance.random() < 0.5:
        partition = ["-partitioner", LIB + "KeyFieldBasedPartitioner"]
        generic += ["-D", f"mapreduce.partition.keypartitioner.options=-k1,{chance.randint(1, len(columns))}"]

    def make(chance: Random) -> bytes:
        return separator.encode().join([column(chance) for column in columns] + [b"%d" % chance.randrange(9)])

    source, files = inputs(chance, make, ends=False)
    args = assembled(chance, generic + extras(chance), source, partition, ["-mapper", "cat"], ["-reducer", "cat"])
    # unequal keys that compare as equal may take turns, so that a reducer sees more or fewer runs of a key
    runs_are_open = ["Reduce input groups"] if len(chosen) < len(columns) else []
    return Job("", args, files, order=Order(separator.encode(), chosen), open=runs_are_open)


def spills(chance: Random) -> Job:
    """Write more map output than the sort buffer holds, so that spills are merged and a combiner runs many times."""
    count, keys = chance.choice([20_000, 60_000]), chance.choice([3, 500, 100_000])
    data = b"".join(b"k%d\t%d\n" % (chance.randrange(keys), number % 7) for number in range(count))
    stages = ["-mapper", "cat", "-reducer", chance.choice(["python3 sum.py", "cat"])]
    combiner = ["-combiner", chance.choice(["python3 sum.py", "cat"])] if chance.random() < 0.7 else []
    if "cat" in stages[3:] and combiner and "sum" in combiner[1]:
        combiner = []  # how far it sums before the reducer is open
    generic = [*reducers(chance, least=1), "-D", "mapreduce.task.io.sort.mb=1"]
    args = assembled(chance, generic, ["-input", "in"], stages, combiner)
    counted = [
        "Combine input records",
        "Combine output records",
        "Spilled Records",
        "Map output materialized bytes",
        "Reduce shuffle bytes",
    ]
    return Job("", args, {"in/a": data}, open=[*counted, "Reduce input records"] if combiner else counted)
