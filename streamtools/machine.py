"""What this machine has, cores and memory, and sizes as users write them."""

import os
import re

UNITS = {"b": 1, "": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> int:
    """Return the bytes of the machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def parse_size(text: str) -> int:
    """Return the bytes of a size such as 1000, 64K, 256M, 2G, or of a percentage of the machine's memory, 50%.

    Raises ValueError for any other text.
    """
    match = re.fullmatch(r"([0-9]{1,18}(?:\.[0-9]+)?)(%|[bkmgt]?)(?:i?b)?", text.strip(), re.IGNORECASE)
    if not match:
        raise ValueError(f"invalid size {text!r}; write it like 64K, 256M, 2G or 50%")
    number, unit = float(match[1]), match[2].lower()
    return int(number / 100 * memory()) if unit == "%" else int(number * UNITS[unit])
