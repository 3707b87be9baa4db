"""A sample of a job's input: pieces of whole lines from several places, decoded into a directory."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from streamtools.formats.hadoop_codecs import find_suffix
from streamtools.launch.planning.measured import NOTHING, Cost
from streamtools.local.input.line_reader import LineReader
from streamtools.local.input.split import Split

PLACES = 4  # at which the input is looked at, if it can be cut there
LONGEST = 5.0  # seconds of decoding at a place


@dataclass
class Sample:
    """Pieces of the input. encoded: bytes of them that had to be decoded, which took `decoding` seconds in all."""

    directory: str
    pieces: list[str] = field(default_factory=list)
    encoded: int = 0
    decoding: Cost = NOTHING

    @property
    def largest(self) -> int:
        """Bytes of the largest piece."""
        return max(map(os.path.getsize, self.pieces), default=0)

    def copy_beginnings(self, directory: str, size: int) -> int:
        """Copy about `size` bytes, in whole lines, of the beginning of each piece; return the bytes of all copies."""
        total = 0
        os.mkdir(directory)
        for path in self.pieces:
            with open(path, "rb") as piece, open(os.path.join(directory, os.path.basename(path)), "wb") as copy:
                data = piece.read(size)
                total += copy.write(data if data.endswith(b"\n") else data + piece.readline())
        return total


def take_sample(splits: Sequence[Split], directory: str, pieces: int, size: int) -> Sample:
    """Write at least `pieces` pieces of about `size` bytes each, from places all over the splits, to a directory.

    There are fewer, or shorter ones, where the input ends or decoding takes long. Of a file that can only be decoded
    from its beginning the pieces are from there. Raises DataError for damage.
    """
    sample = Sample(directory)
    ordered = sorted(splits, key=lambda split: (split.path, split.start))
    ordered = [split._replace(share=None) for split in ordered if not split.share or split.start == 0]
    places = min(pieces, len(ordered))
    for number in range(places):
        split = ordered[number * len(ordered) // places]
        _take(sample, split, -(-pieces // places), size)
    return sample


def _take(sample: Sample, split: Split, pieces: int, size: int) -> None:
    """Read the beginning of a split into so many pieces."""
    chunks = LineReader(split).blocks()
    is_encoded = bool(find_suffix(split.path))
    if is_encoded:
        chunks = _time(sample, chunks)
    began = time.monotonic()
    rest = b""
    for _ in range(pieces):
        path = os.path.join(sample.directory, f"piece-{len(sample.pieces):03}")
        with open(path, "wb") as file:
            rest = _fill(file.fileno(), rest, chunks, size)
        if os.path.getsize(path):
            sample.pieces.append(path)
        else:
            os.unlink(path)
        if not rest or time.monotonic() - began > LONGEST:
            break


def _fill(descriptor: int, rest: bytes, chunks: Iterator[bytes], size: int) -> bytes:
    """Write about `size` bytes of whole lines; return what is left of the last chunk, nothing at the end."""
    written = 0
    data = rest
    while True:
        if written + len(data) >= size and (end := data.find(b"\n", max(size - written - 1, 0)) + 1):
            os.write(descriptor, data[:end])
            return data[end:] or next(chunks, b"")
        written += os.write(descriptor, data)
        data = next(chunks, b"")
        if not data:
            return b""


def _time(sample: Sample, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Pass chunks on, and count what their decoding takes."""
    while True:
        cpu, wall = time.process_time(), time.monotonic()
        chunk = next(chunks, b"")
        sample.decoding = sample.decoding.plus(Cost(time.process_time() - cpu, time.monotonic() - wall))
        if not chunk:
            return
        sample.encoded += len(chunk)
        yield chunk
