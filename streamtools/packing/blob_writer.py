"""Compressed blocks gathered into blobs."""

from collections.abc import Iterator

from streamtools.packing.blob_codecs import BlobCodec, Packed
from streamtools.packing.blob_manifest import Manifest, Row, blob_name
from streamtools.packing.line_blocks import LineBlock
from streamtools.packing.pack_options import PackOptions, Summary
from streamtools.packing.targets import Target


def write_blobs(
    packed: Iterator[tuple[LineBlock, Packed]],
    codec: BlobCodec,
    manifest: Manifest,
    options: PackOptions,
    summary: Summary,
) -> None:
    """Gather compressed blocks into blobs, give each its name when it is complete, and count it in the summary."""
    blob: _Blob | None = None
    try:
        for block, piece in packed:
            if blob and blob.size + len(piece.data) > options.size:
                blob.close(manifest, summary)
                blob = None
            if blob is None:
                blob = _Blob(blob_name(len(manifest.blobs)) + codec.suffix, codec, manifest.target)
            blob.add(piece)
            if options.on_write:
                options.on_write(block.size)
        if blob:
            blob.close(manifest, summary)
            blob = None
    finally:
        if blob:
            blob.file.abort()


class _Blob:
    """A blob that grows, under another name until it is complete."""

    def __init__(self, name: str, codec: BlobCodec, target: Target) -> None:
        self.name, self.joiner, self.file = name, codec.new_joiner(), target.begin(name)
        self.rows: list[Row] = []
        self.size = 0

    def add(self, piece: Packed) -> None:
        """Append a compressed block."""
        self._write(self.joiner.add(piece))
        for row in piece.rows:
            if self.rows and self.rows[-1].is_followed_by(row):
                self.rows[-1] = self.rows[-1].extend(row)
            else:
                self.rows.append(row._replace(blob=self.name))

    def close(self, manifest: Manifest, summary: Summary) -> None:
        """Finish the blob, add it to the manifest, and give it its name."""
        self._write(self.joiner.end())
        self.file.flush()
        manifest.add(self.name, self.rows)
        self.file.commit()
        summary.blobs, summary.packed = summary.blobs + 1, summary.packed + self.size
        summary.lines += sum(row.lines for row in self.rows)
        summary.size += sum(row.size for row in self.rows)

    def _write(self, data: bytes) -> None:
        self.file.write(data)
        self.size += len(data)
