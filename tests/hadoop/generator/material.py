"""The material of generated jobs: hostile bytes, input files, and options that any job may have."""

from collections.abc import Callable
from random import Random

from jobs import Order

LIB = "org.apache.hadoop.mapred.lib."
IO = "org.apache.hadoop.io."
CODECS = ["GzipCodec", "BZip2Codec", "DefaultCodec", "Lz4Codec", "DeflateCodec", "SnappyCodec"]
PLAIN = [b"a", b"b", b"ab", b"abc", b"B", b"key", b"k1", b"k10", b"k2", b"the", b"fox", b"10", b"9", b"-1"]
HOSTILE = [
    *(b"", b" ", b"a ", b"a b", b"\x1f", b"\x7f"),
    *(b"\x00", b"a\x00b", b"\x01", b"a\x01", b"\x08b", b"\x0b"),  # below TAB, and just above it
    *(b"\xc3\xa9", b"\xe6\x97\xa5", b"\xf0\x9f\x98\x80", b"\xc2\x85", b"\xe2\x80\xa8"),  # UTF-8, with its own line ends
    *(b"\xff", b"\x80\xfe", b"\xed\xa0\x80"),  # no UTF-8
    b"k" * 300,
]


def key(chance: Random) -> bytes:
    return chance.choice(PLAIN if chance.random() < 0.6 else HOSTILE)


def line(chance: Random) -> bytes:
    """Make a record: a key with or without values, or nothing at all."""
    fields = [key(chance) for _ in range(chance.choice([1, 2, 2, 2, 3, 4]))]
    return chance.choice([b"\t", b"\t", b"\t", b".", b"\t\t"]).join(fields)


def text(chance: Random, make: Callable[[Random], bytes] = line, most: int = 60, ends: bool = True) -> bytes:
    """Make lines with the line ends that Hadoop knows; the last one may have none."""
    count = chance.choice([0, 1, 2, 5, 13, 30, most])
    end = chance.choice([[b"\n"], [b"\n"], [b"\n"], [b"\r\n"], [b"\r"], [b"\n", b"\r", b"\r\n"]]) if ends else [b"\n"]
    data = b"".join(make(chance) + chance.choice(end) for _ in range(count))
    if chance.random() < 0.3:
        data = data.rstrip(b"\r\n")
    return (b"\xef\xbb\xbf" if ends and chance.random() < 0.05 else b"") + data


def fields(separator: bytes, *columns: Callable[[Random], bytes]) -> Callable[[Random], bytes]:
    """Make lines with these columns and a value."""
    return lambda chance: separator.join(column(chance) for column in columns) + b"\t%d" % chance.randrange(100)


def word(chance: Random) -> bytes:
    return chance.choice(
        [b"a", b"b", b"ab", b"B", b"abc", b"zeta", b"\xc3\xa9t\xc3\xa9", b"x-y", b"m", b"\xffq"][
            : chance.choice([9, 9, 9, 10])
        ]
    )


def number(chance: Random) -> bytes:
    """Make a decimal number in its shortest form, so that equal numbers have equal bytes."""
    return b"%d" % chance.choice([chance.randint(1, 9), chance.randint(-20, -1), chance.randint(10, 3000)])


def inputs(chance: Random, make: Callable[[Random], bytes] = line, **how: bool) -> tuple[list[str], dict[str, bytes]]:
    """Make input files and the -input arguments that name them in one of several ways.

    Sizes differ: Hadoop numbers map tasks by them.
    """
    count = chance.choice([1, 1, 1, 2, 3, 4])
    contents: dict[int, bytes] = {}
    while len(contents) < count:
        made = text(chance, make, most=chance.choice([40, 120]), **how)
        contents.setdefault(len(made), made)
    names = [f"in/{letter}" for letter in "badc"[:count]]
    files = dict(zip(names, contents.values(), strict=True))
    match chance.randrange(4):
        case 0:
            args = [word for name in names for word in ("-input", name)]
        case 1:
            args = ["-input", ",".join(names)]
        case _:  # patterns are sorted by Hadoop, where a directory comes in the order of its file system
            args = ["-input", "in/*"]
    return args, files


def reducers(chance: Random, least: int = 0) -> list[str]:
    count = chance.choice([n for n in (0, 1, 1, 2, 2, 3, 5, 7) if n >= least])
    name = chance.choice(["mapreduce.job.reduces", "mapreduce.job.reduces", "mapred.reduce.tasks"])
    return ["-D", f"{name}={count}"]


def extras(chance: Random) -> list[str]:
    """Choose generic options that change where and how a job runs, but not its answer."""
    args = []
    if chance.random() < 0.25:
        args += ["-D", f"fs.local.block.size={chance.choice([150, 300, 512, 1000])}"]
    if chance.random() < 0.1:
        args += ["-D", f"mapreduce.input.fileinputformat.split.minsize={chance.choice([1, 64, 300])}"]
    if chance.random() < 0.12:
        old = chance.random() < 0.3
        switch = "mapred.output.compress" if old else "mapreduce.output.fileoutputformat.compress"
        codec = "mapred.output.compression.codec" if old else "mapreduce.output.fileoutputformat.compress.codec"
        args += ["-D", f"{switch}=true"]
        if chance.random() < 0.8:
            args += ["-D", f"{codec}={IO}compress.{chance.choice(CODECS)}"]
    if chance.random() < 0.08:
        args += ["-D", "mapreduce.map.output.compress=true"]
    if chance.random() < 0.08:
        args += ["-D", "mapreduce.fileoutputcommitter.marksuccessfuljobs=false"]
    if chance.random() < 0.1:
        args += ["-D", f"mapreduce.job.name={chance.choice(['My job', 'é', 'a=b', ''])}"]
    return args


def assembled(chance: Random, generic: list[str], *streaming: list[str]) -> list[str]:
    """Join the options: generic ones first, then the streaming ones in any order."""
    groups = [list(group) for group in streaming if group]
    if chance.random() < 0.1:
        groups.append(["-lazyOutput"])
    if not any("-output" in group for group in groups):
        groups.append(["-output", "out"])
    chance.shuffle(groups)
    if chance.random() < 0.15:  # the deprecated spelling, after the streaming options have begun
        pairs = [generic[i : i + 2] for i in range(0, len(generic), 2)]
        groups += [["-jobconf", value] for option, value in pairs if option == "-D"]
        generic = [word for option, value in pairs if option != "-D" for word in (option, value)]
    return generic + [word for group in groups for word in group]


def maps_only(generic: list[str]) -> bool:
    return any(word.endswith(("reduces=0", "tasks=0")) for word in generic)


def output_order(generic: list[str], reducer: str | None) -> Order | None:
    """Return the order of the output: that of the input without reducers, else values are in any order."""
    return Order(b"\n") if reducer == "NONE" or maps_only(generic) else Order()
