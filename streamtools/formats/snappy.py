"""Snappy blocks without the library: reads any block, writes literals only, which saves no space.

A block is its decoded length, 7 bits per byte, lowest first; then elements: literal bytes, or copies of earlier bytes.
"""

LITERAL = 1 << 16  # most bytes of a literal that is written
TWO_BYTES = 61 << 2  # the tag of a literal whose length takes two bytes


def compress(data: bytes) -> bytes:
    """Return a block of literals."""
    parts = [_encode_length(len(data))]
    for start in range(0, len(data), LITERAL):
        part = data[start : start + LITERAL]
        parts += (bytes([TWO_BYTES]), (len(part) - 1).to_bytes(2, "little"), part)
    return b"".join(parts)


def decompress(block: bytes) -> bytes:
    """Decode a block. Raises ValueError if it is damaged, IndexError if it is cut short."""
    size, position = _read_length(block)
    plain = bytearray()
    while position < len(block):
        tag = block[position]
        element, number = tag & 3, tag >> 2
        position += 1
        if element == 0:
            if number >= 60:
                end = position + number - 59
                number, position = int.from_bytes(block[position:end], "little"), end
            plain += block[position : position + number + 1]
            position += number + 1
            continue
        if element == 1:
            length, offset, end = (number & 7) + 4, (tag >> 5 << 8) + block[position], position + 1
        else:
            end = position + (2 if element == 2 else 4)
            length, offset = number + 1, int.from_bytes(block[position:end], "little")
        position = end
        _copy(plain, offset, length)
    if len(plain) != size:
        raise ValueError(f"{len(plain)} bytes, expected {size}")
    return bytes(plain)


def _copy(plain: bytearray, offset: int, length: int) -> None:
    """Append `length` bytes that begin `offset` before the end; the copy may overlap itself."""
    if not 0 < offset <= len(plain):
        raise ValueError(f"copy from {offset} bytes back, but only {len(plain)} bytes decoded")
    start = len(plain) - offset
    pattern = plain[start : start + length]
    plain += (pattern * -(-length // len(pattern)))[:length]


def _encode_length(number: int) -> bytes:
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    return bytes([*written, number])


def _read_length(block: bytes) -> tuple[int, int]:
    number = position = 0
    while True:
        byte = block[position]
        number |= (byte & 127) << 7 * position
        position += 1
        if byte < 128:
            return number, position
