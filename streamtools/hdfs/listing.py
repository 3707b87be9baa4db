"""Commands that list and test files: -ls, -du, -count, -stat, -test."""

import os
import stat
import time
from collections.abc import Callable, Iterable
from functools import lru_cache

from streamtools.errors import StreamtoolsError
from streamtools.hdfs.context import Context, Options, Outputs, WrongUsage, catch_errors, for_each_item
from streamtools.hdfs.filesystem import Item, PathError, not_found
from streamtools.hdfs.sizes import format_size


def ls(context: Context, options: Options, names: list[str]) -> Outputs:
    """List items; of a directory what is in it."""
    listing = _Listing(options)
    yield from for_each_item(context.fs, names or ["."], listing.list_argument)


class _Listing:
    """The lines of `-ls`. Columns widen as needed for what has been listed so far."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.size_of: Callable[[int], str] = format_size if "h" in options else str
        self.owner_width = self.group_width = 0
        self.size_width = 10

    def list_argument(self, item: Item) -> Outputs:
        if not item.is_directory() or "d" in self.options:
            yield from self._list([item])
            return
        inside = self._in_order(item.children())
        if "R" in self.options or "C" in self.options or not inside:
            yield from self._list(inside)
            return
        yield b"Found %d items\n" % len(inside)
        yield from self._list(inside)

    def _list(self, items: list[Item]) -> Outputs:
        known = [(item, info) for item in items if (info := _info(item))]
        self._widen([info for _, info in known])
        for item, info in known:
            yield os.fsencode(f"{item.name}\n" if "C" in self.options else self._line(item, info))
            if "R" in self.options and stat.S_ISDIR(info.st_mode):
                yield from catch_errors(item, self._inside)

    def _inside(self, folder: Item) -> Outputs:
        return self._list(self._in_order(folder.children()))

    def _in_order(self, items: list[Item]) -> list[Item]:
        backwards = "r" in self.options
        if "t" in self.options or "S" in self.options:
            what = "st_mtime_ns" if "t" in self.options else "st_size"
            return sorted(items, key=lambda item: getattr(_info(item), what, 0), reverse=not backwards)
        return items[::-1] if backwards else items

    def _widen(self, infos: Iterable[os.stat_result]) -> None:
        for info in infos:
            self.owner_width = max(self.owner_width, len(owner_of(info.st_uid)))
            self.group_width = max(self.group_width, len(group_of(info.st_gid)))
            self.size_width = max(self.size_width, len(self.size_of(_length(info))))

    def _line(self, item: Item, info: os.stat_result) -> str:
        replication = "-" if stat.S_ISDIR(info.st_mode) else "1"
        owner, group = owner_of(info.st_uid).ljust(self.owner_width), group_of(info.st_gid).ljust(self.group_width)
        size = self.size_of(_length(info)).rjust(self.size_width)
        moment = info.st_atime if "u" in self.options else info.st_mtime
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
        name = "".join(c if c.isprintable() else "?" for c in item.name) if "q" in self.options else item.name
        return f"{permissions(info)} {replication:>3} {owner} {group} {size} {when} {name}\n"


def du(context: Context, options: Options, names: list[str]) -> Outputs:
    """Print a table of the sizes of items; of a directory what is in it."""
    size_of: Callable[[int], str] = format_size if "h" in options else str
    rows = [("SIZE", "DISK_SPACE_CONSUMED_WITH_ALL_REPLICAS", "FULL_PATH_NAME")] if "v" in options else []

    def add(item: Item) -> Outputs:
        is_opened = item.is_directory() and "s" not in options
        for one in item.children() if is_opened else [item]:
            size = size_of(_totals(one)[2])
            rows.append((size, size, one.name))
        return iter(())

    yield from for_each_item(context.fs, names or ["."], add)
    first, second = (max((len(row[column]) for row in rows), default=0) for column in (0, 1))
    for row in rows:
        yield os.fsencode(f"{row[0]:<{first}}  {row[1]:<{second}}  {row[2]}\n")


def count(context: Context, options: Options, names: list[str]) -> Outputs:
    """Print the numbers of directories, files and bytes of items."""
    size_of: Callable[[int], str] = format_size if "h" in options else str
    quotas = f"{'none':>12} {'inf':>15} {'none':>15} {'inf':>15} " if "q" in options else ""
    if "v" in options:
        heads = f"{'QUOTA':>12} {'REM_QUOTA':>15} {'SPACE_QUOTA':>15} {'REM_SPACE_QUOTA':>15} " if quotas else ""
        yield f"{heads}{'DIR_COUNT':>12} {'FILE_COUNT':>12} {'CONTENT_SIZE':>18} PATHNAME\n".encode()

    def count_item(item: Item) -> Outputs:
        item.stat()
        folders, files, size = _totals(item)
        yield os.fsencode(f"{quotas}{size_of(folders):>12} {size_of(files):>12} {size_of(size):>18} {item.name}\n")

    yield from for_each_item(context.fs, names, count_item)


def stat_(context: Context, options: Options, names: list[str]) -> Outputs:
    """Print the status of items in the format of the first word, if it has a `%`."""
    form = names.pop(0) if "%" in names[0] else "%y"
    if not names:
        raise WrongUsage("", "Not enough arguments: expected 1 but got 0")

    def print_status(item: Item) -> Outputs:
        info = item.stat()
        facts = _facts(item, info)
        parts = form.split("%")
        text = parts[0]
        position = 1
        while position < len(parts):
            part = parts[position]
            if not part and position + 1 < len(parts):  # %%
                text += "%" + parts[position + 1]
                position += 1
            elif part:
                text += facts.get(part[0], lambda one=part[0]: one)() + part[1:]
            position += 1
        yield os.fsencode(text + "\n")

    yield from for_each_item(context.fs, names, print_status)


def test(context: Context, options: Options, names: list[str]) -> Outputs:
    """Yield nothing if all items pass the test, else an error without text, for the exit status."""
    if not options:
        raise WrongUsage("", "No test flag given")
    if len(options) > 1:
        raise WrongUsage("", "Only one test flag is allowed")
    (flag,) = options
    holds: dict[str, Callable[[Item], bool]] = {
        "e": lambda item: True,
        "d": Item.is_directory,
        "f": lambda item: not item.is_directory(),
        "s": lambda item: item.is_directory() or item.stat().st_size > 0,
        "z": lambda item: not item.is_directory() and item.stat().st_size == 0,
        "r": lambda item: os.access(item.path, os.R_OK),
        "w": lambda item: os.access(item.path, os.W_OK),
    }
    try:
        items = context.fs.expand(names[0])
    except PathError:
        items = []
    if not items or not all(item.exists() and holds[flag](item) for item in items):
        yield StreamtoolsError("", "")


def permissions(info: os.stat_result) -> str:
    """Format permissions as `drwxr-xr-x`. Hadoop has no set-user-ID."""
    return stat.filemode(info.st_mode & ~(stat.S_ISUID | stat.S_ISGID)).replace("l", "-", 1)


@lru_cache
def owner_of(number: int) -> str:
    """Return the name of a user, or the number if there is none."""
    from pwd import getpwuid

    try:
        return getpwuid(number).pw_name
    except KeyError:
        return str(number)


@lru_cache
def group_of(number: int) -> str:
    """Return the name of a group, or the number if there is none."""
    from grp import getgrgid

    try:
        return getgrgid(number).gr_name
    except KeyError:
        return str(number)


def _info(item: Item) -> os.stat_result | None:
    """Return the status of an item, or None if it has just been removed or is a dangling link."""
    try:
        return item.stat()
    except (PathError, OSError):
        return None


def _length(info: os.stat_result) -> int:
    """Return the size as HDFS counts it: that of a directory is 0."""
    return 0 if stat.S_ISDIR(info.st_mode) else info.st_size


def _totals(item: Item) -> tuple[int, int, int]:
    """Return the numbers of directories, files and bytes of an item, itself included."""
    info = _info(item)
    if info is None:
        raise not_found(item.name)
    if not stat.S_ISDIR(info.st_mode):
        return 0, 1, info.st_size
    folders = files = size = 0
    for folder, _, names in os.walk(item.path):
        folders += 1
        for name in names:
            try:
                size += Item(name, item.base, os.path.join(folder, name)[len(item.base) :]).stat().st_size
                files += 1
            except (PathError, OSError):
                pass  # just removed, or a dangling link
    return folders, files, size


def _facts(item: Item, info: os.stat_result) -> dict[str, Callable[[], str]]:
    """Return functions that format what the letters behind `%` stand for."""

    def moment(seconds: float) -> str:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))

    return {
        "a": lambda: f"{stat.S_IMODE(info.st_mode) & 0o1777:o}",
        "A": lambda: permissions(info)[1:],
        "b": lambda: str(_length(info)),
        "F": lambda: "directory" if stat.S_ISDIR(info.st_mode) else "regular file",
        "g": lambda: group_of(info.st_gid),
        "n": lambda: os.path.basename(item.inner),
        "o": lambda: "0" if stat.S_ISDIR(info.st_mode) else str(item.block_size),
        "r": lambda: "0" if stat.S_ISDIR(info.st_mode) else "1",
        "u": lambda: owner_of(info.st_uid),
        "x": lambda: moment(info.st_atime),
        "X": lambda: str(info.st_atime_ns // 1_000_000),
        "y": lambda: moment(info.st_mtime),
        "Y": lambda: str(info.st_mtime_ns // 1_000_000),
    }
