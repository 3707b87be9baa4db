"""Commands that create, remove and change files: -mkdir, -rm, -rmdir, -touchz, -touch, -chmod, -chown, -setrep."""

import os
import re
import stat

from streamtools.hdfs.context import Context, Options, Outputs, WrongUsage, for_each_item
from streamtools.hdfs.filesystem import Item, PathError, not_found

SYMBOLIC = re.compile(r"([ugoa]*)([-+=])([rwxXt]*)")
WHO = {"u": 0o700, "g": 0o070, "o": 0o007}
PERMISSIONS = {"r": 0o444, "w": 0o222, "x": 0o111, "X": 0o111}


def mkdir(context: Context, options: Options, names: list[str]) -> Outputs:
    """Create directories. -p: create missing parents, and accept existing directories."""

    def create(item: Item) -> Outputs:
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

    return for_each_item(context.fs, names, create)


def _check_parent_of_directory(item: Item) -> None:
    parent = Item("", item.base, os.path.dirname(item.inner))
    name = parent.uri if item.base else f"file:{parent.inner}"
    if not parent.exists():
        raise not_found(name)
    if not parent.is_directory():
        raise PathError("", f"Parent path is not a directory: {name}")


def rm(context: Context, options: Options, names: list[str]) -> Outputs:
    """Remove files. -r: also directories with their contents; -f: accept missing files. There is no trash."""
    from shutil import rmtree

    def remove(item: Item) -> Outputs:
        path = item.link_path  # a link is removed itself, wherever it leads
        if not os.path.lexists(path):
            raise not_found(item.name)
        is_folder = os.path.isdir(path) and not os.path.islink(path)
        if is_folder and not options.keys() & {"r", "R"}:
            raise PathError(item.name, "Is a directory")
        if item.inner == "/":
            raise PathError(item.name, "Operation not permitted")
        if is_folder:
            rmtree(path)
        else:
            os.unlink(path)
        yield os.fsencode(f"Deleted {item.name}\n")

    outputs = for_each_item(context.fs, names, remove)
    if "f" not in options:
        return outputs
    return (one for one in outputs if not (isinstance(one, PathError) and one.problem == not_found("").problem))


def rmdir(context: Context, options: Options, names: list[str]) -> Outputs:
    """Remove empty directories."""

    def remove(item: Item) -> Outputs:
        if not item.is_directory():
            raise PathError(item.name, "Is not a directory")
        if not os.listdir(item.path):
            os.rmdir(item.path)
        elif "-ignore-fail-on-non-empty" not in options:
            raise PathError(item.name, "Directory is not empty")
        return iter(())

    return for_each_item(context.fs, names, remove)


def touchz(context: Context, options: Options, names: list[str]) -> Outputs:
    """Create empty files."""

    def touch_empty(item: Item) -> Outputs:
        if item.exists():
            if item.is_directory():
                raise PathError(item.name, "Is a directory")
            if item.stat().st_size:
                raise PathError(item.name, "Not a zero-length file")
        return _touch(item)

    return for_each_item(context.fs, names, touch_empty)


def touch(context: Context, options: Options, names: list[str]) -> Outputs:
    """Set the times of files to now. Missing files are created unless -c is given."""

    def set_time(item: Item) -> Outputs:
        return _touch(item) if item.exists() or "c" not in options else iter(())

    return for_each_item(context.fs, names, set_time)


def _touch(item: Item) -> Outputs:
    item.check_parent()
    if not item.exists():
        with open(item.path, "xb"):
            pass
    os.utime(item.path)
    return iter(())


def chmod(context: Context, options: Options, names: list[str]) -> Outputs:
    """Set permissions, octal or symbolic. -R: also of everything in a directory."""
    wanted, *names = names
    if not re.fullmatch(r"[01]?[0-7]{1,3}", wanted) and not all(map(SYMBOLIC.fullmatch, wanted.split(","))):
        raise WrongUsage("", f"chmod : mode '{wanted}' does not match the expected pattern.")

    def change(item: Item) -> Outputs:
        mode = item.stat().st_mode
        for child in item.children() if "R" in options and stat.S_ISDIR(mode) else []:
            yield from change(child)
        os.chmod(item.path, apply_mode(wanted, mode))

    return for_each_item(context.fs, names, change)


def apply_mode(wanted: str, mode: int) -> int:
    """Return the permissions that `755` or `u+x,g=r` makes of a file's mode."""
    if wanted.isdigit():
        return int(wanted, 8)
    bits = stat.S_IMODE(mode)
    for clause in wanted.split(","):
        match = SYMBOLIC.fullmatch(clause)
        assert match
        who, sign, letters = match.groups()
        mask = sum(WHO[one] for one in set(who or "a") & set("ugo")) or 0o777
        if "a" in who:
            mask = 0o777
        if "X" in letters and not (stat.S_ISDIR(mode) or bits & 0o111):
            letters = letters.replace("X", "")
        change = 0o1000 * ("t" in letters)
        for letter in set(letters) - {"t"}:
            change |= PERMISSIONS[letter] & mask
        if sign == "=":
            bits &= ~mask
        bits = bits & ~change if sign == "-" else bits | change
    return bits


def chown(context: Context, options: Options, names: list[str]) -> Outputs:
    """Check that the items exist and change nothing: everything belongs to the user here."""

    def check(item: Item) -> Outputs:
        item.stat()
        return iter(())

    return for_each_item(context.fs, names[1:], check)


def setrep(context: Context, options: Options, names: list[str]) -> Outputs:
    """Report success and change nothing: each file has one replica here."""
    number, *names = names
    if not number.isdigit() or not int(number):
        raise WrongUsage("", f"Illegal replication, a positive integer expected: {number}")

    def report(item: Item) -> Outputs:
        item.stat()
        yield os.fsencode(f"Replication {number} set: {item.name}\n")

    return for_each_item(context.fs, names, report)


def expunge(context: Context, options: Options, names: list[str]) -> Outputs:
    """Do nothing: there is no trash."""
    return iter(())
