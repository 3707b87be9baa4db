"""Commands that copy and move: -put, -get, -cp, -mv, -getmerge, -appendToFile.

A file is written under a temporary name and renamed when it is complete: another process never sees half of it.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from streamtools.errors import StreamtoolsError
from streamtools.hdfs.context import Context, Options, Outputs, catch_errors, for_each_item
from streamtools.hdfs.filesystem import FileSystem, Item, PathError, not_found
from streamtools.hdfs.printing import read_blocks, require_file
from streamtools.records import write_blocks

TEMPORARY = "._COPYING_"  # the suffix that HDFS clients give to a file until it is complete


def put(context: Context, options: Options, names: list[str]) -> Outputs:
    """Copy local files, or stdin as `-`, to the file system."""
    if names[0] == "-" and len(names) <= 2:
        return _put_stdin(context, options, names[1] if len(names) > 1 else ".")
    return _copy(context.local, names, context.fs, options)


def _put_stdin(context: Context, options: Options, name: str) -> Outputs:
    def write(item: Item) -> Outputs:
        if item.exists() and (item.is_directory() or "f" not in options):
            raise PathError(item.name, "Is a directory" if item.is_directory() else "File exists")
        os.makedirs(os.path.dirname(item.path), exist_ok=True)  # Hadoop's -put asks for a parent of files only
        write_file(context.stdin, item.path)
        return iter(())

    return catch_errors(context.fs.item(name), write)


def get(context: Context, options: Options, names: list[str]) -> Outputs:
    """Copy files from the file system to local ones, or to stdout as `-`."""
    if len(names) > 1 and names[-1] == "-":
        return for_each_item(context.fs, names[:-1], lambda item: read_blocks(require_file(item)))
    return _copy(context.fs, names, context.local, options)


def cp(context: Context, options: Options, names: list[str]) -> Outputs:
    """Copy files within the file system."""
    return _copy(context.fs, names, context.fs, options)


def move_from_local(context: Context, options: Options, names: list[str]) -> Outputs:
    """Copy local files to the file system; remove them if all have been copied."""
    from shutil import rmtree

    failed = False
    for output in put(context, options, names):
        failed = failed or isinstance(output, StreamtoolsError)
        yield output
    if not failed:
        for item in (item for name in names[:-1] for item in context.local.expand(name)):
            rmtree(item.path) if item.is_directory() else os.unlink(item.path)


def mv(context: Context, options: Options, names: list[str]) -> Outputs:
    """Rename files within the file system."""

    def move(item: Item, target: Item) -> Outputs:
        if item.base != target.base:
            raise PathError(item.name, "Does not match target filesystem")
        if target.exists():
            raise PathError(target.name, "File exists")
        try:
            _rename(item.path, target.path)
        except FileExistsError:  # another process has been faster
            raise PathError(target.name, "File exists") from None
        return iter(())

    return _for_each_pair(context.fs, names, context.fs, False, move)


def _rename(path: str, target: str) -> None:
    """Rename a file or directory. A file never replaces another one, as in HDFS, however many rename to one name."""
    if not os.path.isdir(path):
        try:
            os.link(path, target)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            pass
        else:
            os.unlink(path)
            return
    os.rename(path, target)


def _copy(source: FileSystem, names: list[str], target: FileSystem, options: Options) -> Outputs:
    def copy(item: Item, target: Item) -> Outputs:
        if item.is_directory():
            return _copy_folder(item, target, options)
        return _copy_file(item, target, options)

    if len(names) == 1:
        names = [*names, "."]
    return _for_each_pair(source, names, target, "f" in options, copy)


def _for_each_pair(
    source: FileSystem, names: list[str], fs: FileSystem, overwrite: bool, work: Callable[[Item, Item], Outputs]
) -> Outputs:
    """Yield the output of `work(item, target)` for each item. The last name is the target, or the directory for them.

    Raises PathError if the target does not fit the number of items.
    """
    last = fs.item(names[-1])
    items: list[Item] = []
    errors = []
    for name in names[:-1]:
        try:
            items += source.expand(name)
        except StreamtoolsError as error:
            errors.append(error)
    yield from errors
    if not items:
        return
    is_folder = _check_target(last, len(items), overwrite)

    def work_on(item: Item) -> Outputs:
        target = last.child(os.path.basename(item.inner)) if is_folder else last
        if item.is_directory() and item.base == target.base:
            if item.inner == target.inner:
                raise PathError(item.name, "are identical", target.uri)
            if target.inner.startswith(item.inner.rstrip("/") + "/"):
                raise PathError(item.name, "is a subdirectory of itself", target.name)
        return work(item, target)

    for item in items:
        yield from catch_errors(item, work_on)


def _check_target(target: Item, number: int, overwrite: bool) -> bool:
    """Return whether the target of so many items is a directory. Raises PathError if it cannot be their target."""
    is_folder = target.exists() and target.is_directory()
    if number > 1 and not is_folder:
        raise PathError(target.name, "Is not a directory") if target.exists() else not_found(target.name)
    if target.exists() and not is_folder and not overwrite:
        raise PathError(target.name, "File exists")
    if not target.exists():
        target.check_parent()
    return is_folder


def _copy_folder(item: Item, target: Item, options: Options) -> Outputs:
    if not target.exists():
        os.mkdir(target.path)
    elif not target.is_directory():
        raise PathError(target.name, "Is not a directory")

    def copy(child: Item) -> Outputs:
        inside = target.child(os.path.basename(child.inner))
        return (_copy_folder if child.is_directory() else _copy_file)(child, inside, options)

    for child in item.children():
        yield from catch_errors(child, copy)
    if _preserves(options):
        _copy_metadata(item, target)


def _copy_file(item: Item, target: Item, options: Options) -> Outputs:
    if target.exists():
        if target.is_directory():
            raise PathError(target.name, "Is a directory")
        if "f" not in options:
            raise PathError(target.name, "File exists")
        if os.path.samefile(item.path, target.path):
            raise PathError(item.name, "are identical", target.uri)
    write_file(read_blocks(item), target.path)
    if _preserves(options):
        _copy_metadata(item, target)
    return iter(())


def _preserves(options: Options) -> bool:
    return any(option.startswith("p") for option in options)


def _copy_metadata(item: Item, target: Item) -> None:
    from shutil import copystat

    copystat(item.path, target.path)


def write_file(blocks: Iterable[bytes], path: str) -> None:
    """Write a file, which appears under its name when it is complete."""
    temporary = path + TEMPORARY
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        try:
            write_blocks(blocks, descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):  # it may never have been created
            os.unlink(temporary)
        raise


def getmerge(context: Context, options: Options, names: list[str]) -> Outputs:
    """Concatenate files, and those in directories, into one local file. Nothing is written if one is missing."""
    *names, target = names
    found: list[Item] = []

    def find(item: Item) -> Outputs:
        if item.is_directory():
            found.extend(child for child in item.children() if not child.is_directory())
        else:
            found.append(item)
        return iter(())

    errors = list(for_each_item(context.fs, names, find))
    yield from errors
    if errors:
        return

    def blocks() -> Iterator[bytes]:
        for item in found:
            if item.stat().st_size or "skip-empty-file" not in options:
                yield from read_blocks(item)
                if "nl" in options:
                    yield b"\n"

    def write(item: Item) -> Outputs:
        if item.exists() and item.is_directory():
            raise PathError(item.name, "Is a directory")
        item.check_parent()
        write_file(blocks(), item.path)
        return iter(())

    yield from catch_errors(context.local.item(target), write)


def append_to_file(context: Context, options: Options, names: list[str]) -> Outputs:
    """Append local files, or stdin as `-`, to a file, which is created if it is missing."""
    *names, target = names
    items = [] if names == ["-"] else [require_file(context.local.item(name)) for name in names]

    def append(item: Item) -> Outputs:
        if item.exists() and item.is_directory():
            raise PathError(item.name, "Is a directory")
        item.check_parent()
        descriptor = os.open(item.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        try:
            for blocks in map(read_blocks, items) if items else [context.stdin]:
                write_blocks(blocks, descriptor)
        finally:
            os.close(descriptor)
        return iter(())

    return catch_errors(context.fs.item(target), append)
