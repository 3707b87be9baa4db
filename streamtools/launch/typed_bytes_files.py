"""The sub-commands dumptb (files as typed bytes) and loadtb (typed bytes as a sequence file)."""

import os
from collections.abc import Iterable, Iterator, Sequence

from streamtools.formats.batch import Pairs
from streamtools.formats.command_io import make_writer, read_records
from streamtools.formats.sequence_file import SequenceReader, SequenceWriter, is_sequence_file
from streamtools.formats.writables import TYPED_BYTES
from streamtools.java.globs import is_pattern
from streamtools.job import Refused
from streamtools.local.input.input_files import absolute, is_hidden, matching
from streamtools.local.input.line_reader import LineReader
from streamtools.local.input.split import Split
from streamtools.records import chunks, write_all, write_blocks

CODEC = "org.apache.hadoop.io.compress.DefaultCodec"


def run_subcommand(subcommand: str, words: Sequence[str]) -> int:
    """Run dumptb, which writes to stdout, or loadtb, which reads stdin. Return 0. Raises Refused."""
    if subcommand == "dumptb":
        write_blocks(dump(words), 1)
    else:
        load(words, chunks(0))
    return 0


def dump(patterns: Sequence[str]) -> Iterator[bytes]:
    """Yield the records of all files that the first pattern matches as typed bytes; of text files offset and line."""
    if not patterns:
        raise Refused("Too few arguments!", "dumptb <glob-pattern>")
    found = matching(absolute(patterns[0]))
    if not found and not is_pattern(patterns[0]):
        raise Refused(f"File {patterns[0]} does not exist", "check its name")
    for path in found:
        files = [os.path.join(path, name) for name in sorted(os.listdir(path))] if os.path.isdir(path) else [path]
        for file in files:
            if not is_hidden(file):
                yield from _dump_split(Split(file, 0, os.path.getsize(file)))


def _dump_split(split: Split) -> Iterator[bytes]:
    reader = (
        SequenceReader(split.path, split.start, split.length) if is_sequence_file(split.path) else LineReader(split)
    )
    write = make_writer("typedbytes", reader.key_type, reader.value_type)
    yield from map(write, reader.pairs())


def load(paths: Sequence[str], stdin: Iterable[bytes]) -> None:
    """Store pairs of typed bytes in a new sequence file. Nothing is left of it if the input is cut short."""
    if not paths:
        raise Refused("Too few arguments!", "loadtb <path>")
    path = absolute(paths[0])
    temporary = f"{path}._COPYING_"
    sequence = SequenceWriter(TYPED_BYTES, TYPED_BYTES, CODEC)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        write_all(sequence.head(), descriptor)
        for pairs in read_records("typedbytes", stdin, b"\t", 1, "stdin"):
            assert isinstance(pairs, Pairs)
            write_all(sequence.add(pairs), descriptor)
        write_all(sequence.close(), descriptor)
        os.replace(temporary, path)
    finally:
        os.close(descriptor)
        if os.path.exists(temporary):
            os.unlink(temporary)
