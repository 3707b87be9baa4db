"""Blocks of Snappy without its library: any block is read, and written in its plainest form, which saves nothing.

a block: its plain length, 7 bits a byte, the lowest first; then elements: literal bytes, or copies of bytes before
"""

LITERAL = 1 << 16  # bytes of a literal at most, here
TWO_BYTES = 61 << 2  # the tag of a literal whose length takes two bytes


def compress(data: bytes) -> bytes:
    """A block of literals alone."""
    pieces = [_length(len(data))]
    for start in range(0, len(data), LITERAL):
        piece = data[start : start + LITERAL]
        pieces += (bytes([TWO_BYTES]), (len(piece) - 1).to_bytes(2, "little"), piece)
    return b"".join(pieces)


def decompress(block: bytes) -> bytes:
    """The plain bytes of a block; raises ValueError, or IndexError where it ends too soon."""
    size, position = _read_length(block)
    plain = bytearray()
    while position < len(block):
        tag = block[position]
        kind, number = tag & 3, tag >> 2
        position += 1
        if kind == 0:
            if number >= 60:
                end = position + number - 59
                number, position = int.from_bytes(block[position:end], "little"), end
            plain += block[position : position + number + 1]
            position += number + 1
            continue
        if kind == 1:
            length, offset, end = (number & 7) + 4, (tag >> 5 << 8) + block[position], position + 1
        else:
            end = position + (2 if kind == 2 else 4)
            length, offset = number + 1, int.from_bytes(block[position:end], "little")
        position = end
        _copy(plain, offset, length)
    if len(plain) != size:
        raise ValueError(f"{len(plain)} bytes instead of {size}")
    return bytes(plain)


def _copy(plain: bytearray, offset: int, length: int) -> None:
    """Add bytes that begin `offset` before the end; they may reach into themselves."""
    if not 0 < offset <= len(plain):
        raise ValueError(f"a copy from {offset} bytes before, where there are {len(plain)}")
    start = len(plain) - offset
    pattern = plain[start : start + length]
    plain += (pattern * -(-length // len(pattern)))[:length]


def _length(number: int) -> bytes:
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
