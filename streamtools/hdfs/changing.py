"""Commands that make, remove and mark: -mkdir, -rm, -rmdir, -touchz, -touch, -chmod, -chown, -setrep."""

import os
import re
import stat
from collections.abc import Iterator

from streamtools.hdfs.places import Item, PathError, missing
from streamtools.hdfs.work import Options, Shell, Told, each

SYMBOLIC = re.compile(r"([ugoa]*)([-+=])([rwxXt]*)")
WHO = {"u": 0o700, "g": 0o070, "o": 0o007}
WHAT = {"r": 0o444, "w": 0o222, "x": 0o111, "X": 0o111}


def mkdir(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """Make directories; -p: with their parents, and no error when they are there."""

    def make(item: Item) -> Iterator[Told]:
        if item.exists():
            if not item.is_directory():
                raise PathError(item.name, "Is not a directory")
            if "p" not in options:
                raise PathError(item.name, "File exists")
        elif "p" in options:
            os.makedirs(item.path)
        else:
            _check_parent_of_directory(item)
            os.mkdir(item.path)
        return iter(())

    return each(shell.fs, names, make)


def _check_parent_of_directory(item: Item) -> None:
    parent = Item("", item.base, os.path.dirname(item.inner))
    told = parent.uri if item.base else f"file:{parent.inner}"
    if not parent.exists():
        raise missing(told)
    if not parent.is_directory():
        raise PathError("", f"Parent path is not a directory: {told}")


def rm(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """Remove files; -r: directories with all in them; -f: what is not there is no error. There is no trash."""
    from shutil import rmtree

    def remove(item: Item) -> Iterator[Told]:
        if not item.exists() and not os.path.islink(item.path):
            raise missing(item.name)
        is_folder = os.path.isdir(item.path) and not os.path.islink(item.path)
        if is_folder and not options.keys() & {"r", "R"}:
            raise PathError(item.name, "Is a directory")
        if item.inner == "/":
            raise PathError(item.name, "Operation not permitted")
        if is_folder:
            rmtree(item.path)
        else:
            os.unlink(item.path)
        yield os.fsencode(f"Deleted {item.name}\n")

    told = each(shell.fs, names, remove)
    if "f" not in options:
        return told
    return (one for one in told if not (isinstance(one, PathError) and one.problem == missing("").problem))


def rmdir(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """Remove empty directories."""

    def remove(item: Item) -> Iterator[Told]:
        if not item.is_directory():
            raise PathError(item.name, "Is not a directory")
        if not os.listdir(item.path):
            os.rmdir(item.path)
        elif "-ignore-fail-on-non-empty" not in options:
            raise PathError(item.name, "Directory is not empty")
        return iter(())

    return each(shell.fs, names, remove)


def touchz(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """Make empty files."""

    def touch_empty(item: Item) -> Iterator[Told]:
        if item.exists():
            if item.is_directory():
                raise PathError(item.name, "Is a directory")
            if item.stat().st_size:
                raise PathError(item.name, "Not a zero-length file")
        return _touched(item)

    return each(shell.fs, names, touch_empty)


def touch(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """Set the times of files to now; make those that are not there, unless -c is given."""

    def set_time(item: Item) -> Iterator[Told]:
        return _touched(item) if item.exists() or "c" not in options else iter(())

    return each(shell.fs, names, set_time)


def _touched(item: Item) -> Iterator[Told]:
    item.check_parent()
    if not item.exists():
        with open(item.path, "xb"):
            pass
    os.utime(item.path)
    return iter(())


def chmod(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """Set permissions, octal or symbolic; -R: of all in a directory too."""
    wish, *names = names
    if not re.fullmatch(r"[01]?[0-7]{1,3}", wish) and not all(map(SYMBOLIC.fullmatch, wish.split(","))):
        raise shell.usage(f"chmod : mode '{wish}' does not match the expected pattern.")

    def change(item: Item) -> Iterator[Told]:
        mode = item.stat().st_mode
        for one in item.children() if "R" in options and stat.S_ISDIR(mode) else []:
            yield from change(one)
        os.chmod(item.path, wished_mode(wish, mode))

    return each(shell.fs, names, change)


def wished_mode(wish: str, mode: int) -> int:
    """The permissions that `755` or `u+x,g=r` makes of a file's mode."""
    if wish.isdigit():
        return int(wish, 8)
    bits = stat.S_IMODE(mode)
    for who, sign, what in (SYMBOLIC.fullmatch(part).groups() for part in wish.split(",")):  # type: ignore[union-attr]
        mask = sum(WHO[one] for one in set(who or "a") & set("ugo")) or 0o777
        if "a" in who:
            mask = 0o777
        if "X" in what and not (stat.S_ISDIR(mode) or bits & 0o111):
            what = what.replace("X", "")
        wished = 0o1000 * ("t" in what)
        for one in set(what) - {"t"}:
            wished |= WHAT[one] & mask
        if sign == "=":
            bits &= ~mask
        bits = bits & ~wished if sign == "-" else bits | wished
    return bits


def chown(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """Nothing but check that the items are there: all belongs to the user here."""
    return each(shell.fs, names[1:], _checked)


def setrep(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """Say that it is done: here there is one replica of each file."""
    number, *names = names
    if not number.isdigit() or not int(number):
        raise shell.usage(f"Illegal replication, a positive integer expected: {number}")

    def tell(item: Item) -> Iterator[Told]:
        item.stat()
        yield os.fsencode(f"Replication {number} set: {item.name}\n")

    return each(shell.fs, names, tell)


def expunge(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """Nothing: there is no trash."""
    return iter(())


def _checked(item: Item) -> Iterator[Told]:
    item.stat()
    return iter(())
