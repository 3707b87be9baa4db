"""CRC-32 by isal, ten times as fast as by zlib, or by zlib where isal is not installed."""

try:
    from isal.isal_zlib import crc32, crc32_combine
except ModuleNotFoundError:
    from zlib import crc32

    ZEROS = bytes(1 << 16)

    def crc32_combine(first: int, second: int, size: int, /) -> int:
        """Return the checksum of two byte strings joined, from the checksums of both and the size of the second.

        The effect that `size` bytes have on the checksum before them does not depend on the bytes, up to a constant: so
        zeros show it.
        """
        constant = 0
        while size:
            zeros = ZEROS[:size]
            first, constant, size = crc32(zeros, first), crc32(zeros, constant), size - len(zeros)
        return first ^ constant ^ second


__all__ = ["crc32", "crc32_combine"]
