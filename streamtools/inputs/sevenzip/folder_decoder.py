"""One folder of a 7z archive decoded: its packed bytes pass a chain of coders, each a generator over chunks."""

from collections.abc import Iterator

from streamtools.errors import DataError, StreamtoolsError
from streamtools.inputs.sevenzip.archive import Archive, Coder, Folder
from streamtools.inputs.sevenzip.folder_ranges import FolderRange
from streamtools.inputs.sevenzip.methods import (
    Chunks,
    DamagedError,
    check_supported,
    decode_group,
    group_coders,
    method_names,
)

PACKED = 1 << 16  # packed bytes per read: 32 KiB to 1 MiB make no difference in speed


def decode_folder(archive: Archive, folder: Folder, chosen: FolderRange | None = None) -> Chunks:
    """Yield the bytes of a folder, or of one of its ranges, exactly as many as it has, in chunks of at most a few MiB.

    Raises DataError for a method that is not supported, damaged or truncated data; UsageError for a missing password.
    """
    if chosen is None or chosen.size == folder.size:
        return _decode(archive, folder, _Packed(archive, folder.offset, folder.packed), folder.coders)
    packed = _Packed(archive, folder.offset + chosen.packed_offset, chosen.packed)
    return _decode(archive, folder, packed, (folder.coders[0]._replace(size=chosen.size),))


def _decode(archive: Archive, folder: Folder, packed: "_Packed", coders: tuple[Coder, ...]) -> Chunks:
    """Decode, and turn the errors of all libraries into DataError."""
    check_supported(archive, folder)
    chunks: Chunks = iter(packed)
    try:
        for group in group_coders(coders):
            chunks = _limit(group[-1].size, decode_group(group, chunks, archive.password))
        yield from chunks
    except (StreamtoolsError, MemoryError):
        raise
    except Exception as error:  # lzma, zlib, ppmd, bcj, struct, ... each raise their own kinds
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the device, not the data
        reason = str(error).strip().rstrip(".") or type(error).__name__
        what = f"damaged {method_names(folder)} data in folder {folder.number}"
        problem = f"{what}, before byte {packed.position:,} of the file: {reason}"
        raise DataError(archive.name, problem) from error


def _limit(size: int, chunks: Chunks) -> Chunks:
    """Yield exactly `size` bytes: cut off what follows (AES pads to 16 bytes), and raise DamagedError for fewer."""
    left = size
    for chunk in chunks:
        if len(chunk) >= left:
            if left:
                yield chunk[:left]
            return
        left -= len(chunk)
        if chunk:  # a coder may take a chunk and yield nothing yet
            yield chunk
    if left:
        raise DamagedError(f"the data end {left:,} bytes too early")


class _Packed:
    """Packed bytes of a folder. `position` is the offset in the file up to which the decoder has read."""

    def __init__(self, archive: Archive, offset: int, size: int) -> None:
        self.read_at, self.position, self.end = archive.read_at, offset, offset + size

    def __iter__(self) -> Iterator[bytes]:
        while self.position < self.end:
            chunk = self.read_at(self.position, min(PACKED, self.end - self.position))
            if not chunk:
                return
            self.position += len(chunk)
            yield chunk
