"""CRC-32 by isal, ten times as fast as by zlib, or by zlib where isal is not installed."""

try:
    from isal.isal_zlib import crc32, crc32_combine
except ModuleNotFoundError:
    from zlib import crc32

    ZEROS = bytes(1 << 16)

    def crc32_combine(first: int, second: int, size: int, /) -> int:
        """The checksum of two runs of bytes, one after the other, from those of both and the size of the second.

        What `size` bytes make of a checksum is the same whatever they are, but for a constant: so zeros will do.
        """
        constant = 0
        while size:
            zeros = ZEROS[:size]
            first, constant, size = crc32(zeros, first), crc32(zeros, constant), size - len(zeros)
        return first ^ constant ^ second


__all__ = ["crc32", "crc32_combine"]
