"""Jobs about input: files, formats, splits, codecs, -io."""

import bz2
import gzip
import zlib
from collections.abc import Callable
from random import Random

from jobs import Job, Order

from generator.material import LIB, assembled, extras, inputs, maps_only, output_order, reducers

TABBED = "a\tb"


def formats(chance: Random) -> Job:
    """Show what the mapper reads under each input format."""
    source, files = inputs(chance)
    generic, format_ = chance.choice([
        ([], ["-inputformat", "KeyValueTextInputFormat"]),
        (["-D", f"mapreduce.input.keyvaluelinerecordreader.key.value.separator={chance.choice(['.', 'a', 'ab'])}"],
         ["-inputformat", "org.apache.hadoop.mapred.KeyValueTextInputFormat"]),
        (["-D", f"mapreduce.input.lineinputformat.linespermap={chance.choice([1, 2, 5, 10, 100])}"],
         ["-inputformat", LIB + "NLineInputFormat"]),
        (["-D", f"mapreduce.input.lineinputformat.linespermap={chance.choice([3, 7])}",
          "-D", "stream.map.input.ignoreKey=true"], ["-inputformat", LIB + "NLineInputFormat"]),
        (["-D", "stream.map.input.ignoreKey=false"], []),
        (["-D", "stream.map.input.ignoreKey=true"], ["-inputformat", "KeyValueTextInputFormat"]),
        (["-D", f"textinputformat.record.delimiter={chance.choice(['.', 'ab', 'k', TABBED, '||'])}"], []),
        (["-D", f"mapreduce.input.linerecordreader.line.maxlength={chance.choice([1, 2, 5, 10, 100])}"], []),
        ([], ["-inputformat", "TextInputFormat"]),
        ([], ["-inputformat", "AutoInputFormat"]),
        (["-D", "stream.map.input.field.separator=;"], ["-inputformat", LIB + "NLineInputFormat"]),
    ])  # fmt: skip
    generic = reducers(chance) + generic + list(extras(chance))
    args = assembled(chance, generic, source, format_, ["-mapper", "cat"], ["-reducer", "cat"])
    return Job("", args, files, order=output_order(generic, "cat"))


def wire(chance: Random) -> Job:
    """Set -io or its four properties."""
    source, files = inputs(chance, ends=False)
    generic = reducers(chance, least=0)
    kinds = ["text", "keyonlytext", "rawbytes", "typedbytes"]
    streaming: list[str] = []
    if chance.random() < 0.5:
        streaming = ["-io", chance.choice(kinds)]
    else:
        shared = chance.choice(kinds)
        for name in ("map.input", "map.output"):
            generic += ["-D", f"stream.{name}={shared}"]
        shared = chance.choice(kinds)
        for name in ("reduce.input", "reduce.output"):
            generic += ["-D", f"stream.{name}={shared}"]
    if chance.random() < 0.4:
        generic += ["-D", f"stream.{chance.choice(['map', 'reduce'])}.output=keyonlytext"]
    args = assembled(chance, generic, source, streaming, ["-mapper", "cat"], ["-reducer", "cat"])
    return Job("", args, files, order=None)


WAYS = [
    "in", "in/", "in/*", "in/a.txt", "in/*.txt", "in/{a.txt,b.log}", "in/c?", "in/c[12]", "in/c[^1]", "in/[a-b]*",
    "in/a.txt,in/b.log", "in/sub", "in/*/d", "in/_hidden", "in/.dot", "in/nosuch", "in/no*such", "nothing",
    "in/e f", "in/e?f", "in/a.txt,nothing", "i*", "in//a.txt", "./in/a.txt", "in/../in/a.txt", "in/{c1,sub/d}",
    "in/empty", "in/g=h", r"in/c\1", "in/{a,b}.*", "in/a.txt,", ",in/a.txt", "", "in/c[!1]", r"in/\{a",
]  # fmt: skip


NAMES = ["a.txt", "b.log", "c1", "c2", "sub/d", "sub/e.txt", "_hidden", ".dot", "e f", "g=h"]


def packed(chance: Random, name: str, pack: Callable[[bytes], bytes]) -> bytes:
    """Make a compressed file of one or two members; its size in steps of 16 bytes differs from the others'."""
    size = chance.randint(50, 99)
    members = [b"second member\n"] if chance.random() < 0.3 and pack is not zlib.compress else []
    while True:
        data = b"".join(map(pack, [b"%s packed\n" % name.encode() * size, *members]))
        if len(data) % 16:
            return data
        size += 1


def paths(chance: Random) -> Job:
    """Read files, directories and patterns, some compressed, hidden or missing."""
    files = {f"in/{name}": b"%-10s line\n" % name.encode() * size for name, size in
             zip(NAMES, chance.sample(range(1, 40), len(NAMES)), strict=True)}  # fmt: skip
    files |= {"in/empty": b"", "nothing/": b""}
    if chance.random() < 0.6:
        files = {name: data for name, data in files.items() if not name.startswith("in/sub")}
    for name, pack in (("in/z.gz", gzip.compress), ("in/z.bz2", bz2.compress), ("in/z.deflate", zlib.compress)):
        if chance.random() < 0.2:
            files[name] = packed(chance, name, pack)
    if chance.random() < 0.05:
        files["in/broken.gz"] = b"not a gzip file\n"
    source = [word for _ in range(chance.choice([1, 1, 2])) for word in ("-input", chance.choice(WAYS))]
    generic = reducers(chance)
    if chance.random() < 0.25:
        name = chance.choice(["input.dir.recursive", "input.dir.recursive", "input.dir.nonrecursive.ignore.subdirs"])
        generic += ["-D", f"mapreduce.input.fileinputformat.{name}=true"]
    if chance.random() < 0.2 and not maps_only(generic):  # splits of one size would be numbered as a directory lies
        generic += ["-D", f"fs.local.block.size={chance.choice([64, 200])}"]
    args = assembled(chance, generic, source, ["-mapper", "cat"], ["-reducer", "cat"])
    return Job("", args, files, order=Order(b"\n"))


def xml(chance: Random) -> Job:
    """Read records between marks, across splits (StreamXmlRecordReader)."""
    begin, end = chance.choice([("<p>", "</p>"), ("<p", "</p>"), ("BEGIN", "END"), ("aab", "b")])
    pieces = [
        begin,
        end,
        begin + "x",
        "y" + end,
        "text",
        "\n",
        "a",
        "<",
        " é ",
        "<<p>",
        "</",
        "\t",
        "\r\n",
        begin + "\nz\n" + end,
    ]
    files = {"in/doc": "".join(chance.choice(pieces) for _ in range(chance.randint(0, 80))).encode()}
    generic = reducers(chance)
    if chance.random() < 0.5:
        generic += ["-D", f"fs.local.block.size={chance.choice([20, 50, 200])}"]
    reader = ["-inputreader", f"StreamXmlRecordReader,begin={begin},end={end}"]
    args = assembled(chance, generic, ["-input", "in"], reader, ["-mapper", "cat"], ["-reducer", "cat"])
    return Job("", args, files, order=output_order(generic, "cat"))


def packed_splits(chance: Random) -> Job:
    """Read bzip2 files of several blocks, cut at split borders, and codecs that cannot be cut."""
    words = [b"%x" % chance.randrange(1 << 40) for _ in range(9_000)]
    data = b"".join(chance.choice(words) + b"\t%d\n" % number for number in range(chance.choice([9_000, 25_000])))
    pack, name = chance.choice([(bz2.compress, "z.bz2")] * 3 + [(gzip.compress, "z.gz")])
    packed = bz2.compress(data, 1) if pack is bz2.compress else pack(data)
    if chance.random() < 0.3:
        packed += pack(b"another stream\n" * 50)
    generic = [*reducers(chance), "-D", f"fs.local.block.size={chance.choice([20000, 45000, 100000])}"]
    args = assembled(chance, generic, ["-input", "in"], ["-mapper", "cat"], ["-reducer", "cat"])
    return Job("", args, {f"in/{name}": packed}, order=output_order(generic, "cat"))
