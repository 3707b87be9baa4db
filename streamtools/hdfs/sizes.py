"""Sizes as `hadoop fs -h` prints them."""

UNITS = "KMGTPE"


def format_size(size: int) -> str:
    """Format a number of bytes with a binary unit and at most one decimal, halves rounded up: 2.4 M, 4 K."""
    if size < 1024:
        return str(size)
    power = min((size.bit_length() - 1) // 10, len(UNITS))
    if size % (1 << 10 * power) == 0:
        return f"{size >> 10 * power} {UNITS[power - 1]}"
    tenths = _tenths(size, power)
    if tenths >= 10240 and power < len(UNITS):
        power += 1
        tenths = _tenths(size, power)
    return f"{tenths // 10}.{tenths % 10} {UNITS[power - 1]}"


def _tenths(size: int, power: int) -> int:
    unit = 1 << 10 * power
    return (20 * size + unit) // (2 * unit)
