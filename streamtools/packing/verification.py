"""Blobs read again and compared with their manifest."""

from collections.abc import Iterator

from streamtools.errors import DataError
from streamtools.inputs import ReadOptions, open_inputs
from streamtools.inputs.read_options import OnRead
from streamtools.packing.blob_codecs import codec_of
from streamtools.packing.blob_manifest import Manifest, Row, blob_name
from streamtools.packing.pack_options import Summary
from streamtools.packing.targets import MANIFEST, Target, open_target


def verify(output: str, jobs: int = 1, on_read: OnRead | None = None) -> Summary:
    """Read all blobs again and compare them with the manifest; return their sums.

    Raises DataError if a blob does not hold the lines that were read from the inputs, NoInputError if one is missing.
    """
    target = open_target(output)
    manifest = Manifest.of_finished(target)
    summary = Summary()
    names: list[str] = []
    for name, rows in manifest.by_blob():
        place = target.place(name)
        how = ReadOptions(format=codec_of(name).format, jobs=jobs, on_read=on_read)
        blob = _BlobReader(open_inputs([place], how), place)
        for row in rows:
            blob.check(row)
            summary.lines, summary.size = summary.lines + row.lines, summary.size + row.size
        blob.check_end()
        summary.blobs += 1
        names.append(name)
    _check_names(target, names)
    return summary


def _check_names(target: Target, names: list[str]) -> None:
    """Raise DataError unless `names`, those in the manifest, have no gap and are those of all blobs."""
    for number, name in enumerate(names):
        if not name.startswith(blob_name(number)):
            problem = f"is damaged: it has no line for {blob_name(number)}"
            raise DataError(target.place(MANIFEST), problem, "remove _SUCCESS, and pack again with --resume")
    if surplus := sorted(set(target.names()) - set(names)):
        remedy = "if this run wrote it, the manifest is damaged: remove both it and _SUCCESS, and pack with --resume"
        raise DataError(target.place(surplus[0]), "is not in the manifest", remedy)


class _BlobReader:
    """The lines of a blob, compared with the rows of the manifest in order."""

    def __init__(self, chunks: Iterator[bytes], place: str) -> None:
        self.chunks, self.place, self.held = chunks, place, b""

    def check(self, row: Row) -> None:
        """Read the bytes of one row. Raises DataError if they are not those in the manifest."""
        from streamtools.inputs.checksums import crc32

        left, lines, checksum = row.size, 0, 0
        while left and (chunk := self.held or next(self.chunks, b"")):
            self.held = chunk[left:]
            chunk = chunk[:left]
            left, lines, checksum = left - len(chunk), lines + chunk.count(b"\n"), crc32(chunk, checksum)
        if (left, lines, checksum) != (0, row.lines, row.crc):
            source = ": ".join(filter(None, row.source))
            problem = f"does not hold the lines that were read from {source}, bytes {row.start:,} to {row.end:,}"
            raise DataError(self.place, problem, "remove it and _SUCCESS, and pack again with --resume")

    def check_end(self) -> None:
        """Raise DataError if the blob holds more than its rows."""
        if self.held or next(self.chunks, b""):
            raise DataError(self.place, "holds more lines than the manifest records", "remove it, and pack again")
