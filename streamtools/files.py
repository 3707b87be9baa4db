"""Files in directories."""

import os
from collections.abc import Iterator


def files_below(folder: str) -> Iterator[str]:
    """All files in a directory and below it, in order, but for those that Python has compiled."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        yield from (os.path.join(place, name) for name in sorted(names))
