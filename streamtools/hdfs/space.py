"""The command -df: the disk that holds a file system."""

import os

from streamtools.hdfs.context import Context, Options, Outputs, for_each_item
from streamtools.hdfs.filesystem import Item
from streamtools.hdfs.sizes import format_size

HEADS = ("Filesystem", "Size", "Used", "Available", "Use%")


def df(context: Context, options: Options, names: list[str]) -> Outputs:
    """Print a table of the disks that hold the file systems of paths."""
    rows = [HEADS]

    def add(item: Item) -> Outputs:
        item.stat()
        rows.append(_row(item, "h" in options))
        return iter(())

    yield from for_each_item(context.fs, names or ["/"], add)
    if len(rows) == 1:
        return
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    for name, *sizes in rows:
        cells = (size.rjust(width) for size, width in zip(sizes, widths[1:], strict=True))
        yield "  ".join([name.ljust(widths[0]), *cells]).encode() + b"\n"


def _row(item: Item, is_readable: bool) -> tuple[str, str, str, str, str]:
    """Return the cells of an item's file system: name, size, used and free bytes, and used per cent."""
    disk = os.statvfs(item.path)
    size, free = disk.f_blocks * disk.f_frsize, disk.f_bfree * disk.f_frsize
    sizes = [format_size(number) if is_readable else str(number) for number in (size, size - free, free)]
    used = f"{(size - free) / size if size else 1:.0%}"
    return item.root_uri, sizes[0], sizes[1], sizes[2], used
