"""Commands that copy and move: -put, -get, -cp, -mv, -getmerge, -appendToFile.

A file grows under a name of its own and is renamed when it is complete: another process never sees half of it.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress

from streamtools.errors import StreamtoolsError
from streamtools.hdfs.places import FileSystem, Item, PathError, missing
from streamtools.hdfs.reading import blocks_of, file_of
from streamtools.hdfs.work import Options, Shell, Told, caught, each
from streamtools.records import write_blocks

GROWING = "._COPYING_"  # what HDFS clients append to the name of a file that is not complete


def put(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """Copy local files, or stdin as `-`, there."""
    if names[0] == "-" and len(names) <= 2:
        return _put_stdin(shell, options, names[1] if len(names) > 1 else ".")
    return _copies(shell.local, names, shell.fs, options)


def _put_stdin(shell: Shell, options: Options, name: str) -> Iterator[Told]:
    def write(item: Item) -> Iterator[Told]:
        if item.exists() and (item.is_directory() or "f" not in options):
            raise PathError(item.name, "Is a directory" if item.is_directory() else "File exists")
        os.makedirs(os.path.dirname(item.path), exist_ok=True)  # only of files does Hadoop's -put ask for a parent
        written(shell.stdin, item.path)
        return iter(())

    return caught(shell.fs.item(name), write)


def get(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """Copy files from there to here; with `-` as target to stdout."""
    if len(names) > 1 and names[-1] == "-":
        return each(shell.fs, names[:-1], lambda item: blocks_of(file_of(item)))
    return _copies(shell.fs, names, shell.local, options)


def cp(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """Copy files there."""
    return _copies(shell.fs, names, shell.fs, options)


def move_from_local(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """Copy local files there, and remove those that have arrived."""
    from shutil import rmtree

    failed = False
    for told in put(shell, options, names):
        failed = failed or isinstance(told, StreamtoolsError)
        yield told
    if not failed:
        for item in (item for name in names[:-1] for item in shell.local.expand(name)):
            rmtree(item.path) if item.is_directory() else os.unlink(item.path)


def mv(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """Rename."""

    def move(item: Item, target: Item) -> Iterator[Told]:
        if item.base != target.base:
            raise PathError(item.name, "Does not match target filesystem")
        if target.exists():
            raise PathError(target.name, "File exists")
        os.rename(item.path, target.path)
        return iter(())

    return _to_target(shell.fs, names, shell.fs, False, move)


def _copies(source: FileSystem, names: list[str], target: FileSystem, options: Options) -> Iterator[Told]:
    def copy(item: Item, target: Item) -> Iterator[Told]:
        if item.is_directory():
            return _copied_folder(item, target, options)
        return _copied_file(item, target, options)

    if len(names) == 1:
        names = [*names, "."]
    return _to_target(source, names, target, "f" in options, copy)


def _to_target(source: FileSystem, names: list[str], fs: FileSystem, overwrite: bool, work) -> Iterator[Told]:  # type: ignore[no-untyped-def]
    """`work(item, its target)` for each item that is meant; the last name is the target, or the folder for them."""
    folder = fs.item(names[-1])
    items: list[Item] = []
    failed = []
    for name in names[:-1]:
        try:
            items += source.expand(name)
        except StreamtoolsError as error:
            failed.append(error)
    yield from failed
    if not items:
        return
    is_folder = folder.exists() and folder.is_directory()
    if len(items) > 1 and not is_folder:
        raise PathError(folder.name, "Is not a directory") if folder.exists() else missing(folder.name)
    if folder.exists() and not is_folder and not overwrite:
        raise PathError(folder.name, "File exists")
    if not folder.exists():
        folder.check_parent()

    def one(item: Item) -> Iterator[Told]:
        target = folder.child(os.path.basename(item.inner)) if is_folder else folder
        if item.is_directory() and item.base == target.base:
            if item.inner == target.inner:
                raise PathError(item.name, "are identical", target.uri)
            if target.inner.startswith(item.inner.rstrip("/") + "/"):
                raise PathError(item.name, "is a subdirectory of itself", target.name)
        return work(item, target)

    for item in items:
        yield from caught(item, one)


def _copied_folder(item: Item, target: Item, options: Options) -> Iterator[Told]:
    if not target.exists():
        os.mkdir(target.path)
    elif not target.is_directory():
        raise PathError(target.name, "Is not a directory")

    def one(child: Item) -> Iterator[Told]:
        inside = target.child(os.path.basename(child.inner))
        return (_copied_folder if child.is_directory() else _copied_file)(child, inside, options)

    for child in item.children():
        yield from caught(child, one)
    if _preserves(options):
        _copy_facts(item, target)


def _copied_file(item: Item, target: Item, options: Options) -> Iterator[Told]:
    if target.exists():
        if target.is_directory():
            raise PathError(target.name, "Is a directory")
        if "f" not in options:
            raise PathError(target.name, "File exists")
        if os.path.samefile(item.path, target.path):
            raise PathError(item.name, "are identical", target.uri)
    written(blocks_of(item), target.path)
    if _preserves(options):
        _copy_facts(item, target)
    return iter(())


def _preserves(options: Options) -> bool:
    return any(option.startswith("p") for option in options)


def _copy_facts(item: Item, target: Item) -> None:
    from shutil import copystat

    copystat(item.path, target.path)


def written(blocks: Iterable[bytes], path: str) -> None:
    """Write a file, which appears when it is complete."""
    growing = path + GROWING
    try:
        descriptor = os.open(growing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        try:
            write_blocks(blocks, descriptor)
        finally:
            os.close(descriptor)
        os.replace(growing, path)
    except BaseException:
        with suppress(OSError):  # it may never have been there
            os.unlink(growing)
        raise


def getmerge(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """Put files, and those in directories, one after another into one local file; nothing when one is missing."""
    *names, target = names
    found: list[Item] = []

    def find(item: Item) -> Iterator[Told]:
        found.extend(child for child in item.children() if not child.is_directory()) if item.is_directory() else (
            found.append(item)
        )
        return iter(())

    errors = list(each(shell.fs, names, find))
    yield from errors
    if errors:
        return

    def blocks() -> Iterator[bytes]:
        for item in found:
            if item.stat().st_size or "skip-empty-file" not in options:
                yield from blocks_of(item)
                if "nl" in options:
                    yield b"\n"

    def write(item: Item) -> Iterator[Told]:
        if item.exists() and item.is_directory():
            raise PathError(item.name, "Is a directory")
        item.check_parent()
        written(blocks(), item.path)
        return iter(())

    yield from caught(shell.local.item(target), write)


def append_to_file(shell: Shell, options: Options, names: list[str]) -> Iterator[Told]:
    """Append local files, or stdin as `-`, to a file there, which is made when it is not there."""
    *names, target = names
    items = [] if names == ["-"] else [file_of(shell.local.item(name)) for name in names]

    def append(item: Item) -> Iterator[Told]:
        if item.exists() and item.is_directory():
            raise PathError(item.name, "Is a directory")
        item.check_parent()
        descriptor = os.open(item.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        try:
            for blocks in map(blocks_of, items) if items else [shell.stdin]:
                write_blocks(blocks, descriptor)
        finally:
            os.close(descriptor)
        return iter(())

    return caught(shell.fs.item(target), append)
