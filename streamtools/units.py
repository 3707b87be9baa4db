"""Amounts in the words of people: sizes and durations."""


def format_seconds(amount: float) -> str:
    """Return a duration to read: 0.25 s, 12.3 s, 4 min 05 s, 2 h 10 min, 3 d 4 h."""
    if amount < 60:
        return f"{amount:.2f} s" if amount < 10 else f"{amount:.1f} s"
    minutes, rest = divmod(round(amount), 60)
    hours = minutes // 60
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    return f"{hours} h {minutes % 60:02} min" if hours else f"{minutes} min {rest:02} s"


def format_size(amount: float) -> str:
    """Return a number of bytes to read, in decimal units: 12 B, 3.4 kB, 250 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
