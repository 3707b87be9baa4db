"""File systems of Hadoop, and the paths here that their names stand for.

A file system has a base, the directory that stands for its root: STREAMTOOLS_DFS for HDFS, "" for this machine's own
files. `hdfs://ANY/x` and, on HDFS, `/x` are below the base, `x` is in the user's home there; `file:///x` is a file of
this machine. No path leads out of the base.
"""

import os
import posixpath
import re
import stat
from dataclasses import dataclass

from streamtools.errors import StreamtoolsError
from streamtools.java.globs import escape, expand_braces, is_pattern, match_paths, unescape

URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://([^/]*))?(.*)", re.DOTALL)
HDFS = ("hdfs", "viewfs", "webhdfs")
HOST = "localhost"  # of the names of HDFS
BLOCK_SIZE = {True: 128 << 20, False: 32 << 20}  # bytes, on HDFS and on this machine's own files


class PathError(StreamtoolsError):
    """A problem with a path, in the words of `hadoop fs`: `path': problem."""

    def __init__(self, name: str, problem: str, target: str = "") -> None:
        place = f"`{name}' to `{target}'" if target else f"`{name}'" if name else ""
        super().__init__(place, problem)


def not_found(name: str) -> PathError:
    """Return the error for a path that does not exist."""
    return PathError(name, "No such file or directory")


@dataclass(frozen=True)
class Item:
    """A path, which need not exist.

    name: as messages show it; base: directory that stands for the root; inner: absolute path below the base, normal.
    """

    name: str
    base: str
    inner: str

    @property
    def path(self) -> str:
        """Its path on this machine. Raises PathError if it leads out of the base, links resolved."""
        self._check(self.base + self.inner)
        return self.base + self.inner

    @property
    def link_path(self) -> str:
        """The path of the item itself, also if it is a link that leads out. Raises PathError if its parent does."""
        folder, name = posixpath.split(self.inner)
        self._check(self.base + (self.inner if name in ("", ".", "..") else folder))
        return self.base + self.inner

    def _check(self, path: str) -> None:
        if not self.base:
            return
        base, real = os.path.realpath(self.base), os.path.realpath(path)
        if os.path.commonpath([base, real]) != base:
            raise PathError(self.name, "leads out of the directory that stands for HDFS")

    @property
    def uri(self) -> str:
        """Its full name with scheme."""
        return f"{'hdfs' if self.base else 'file'}://{self.inner}"

    @property
    def root_uri(self) -> str:
        """The name of its file system."""
        return f"hdfs://{HOST}" if self.base else "file:///"

    @property
    def block_size(self) -> int:
        """Block size of its file system in bytes."""
        return BLOCK_SIZE[bool(self.base)]

    def stat(self) -> os.stat_result:
        """Return its status. Raises PathError if it does not exist."""
        try:
            return os.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            raise not_found(self.name) from None

    def exists(self) -> bool:
        """Return whether it exists inside of the base; a dangling link does not, nor one that leads out."""
        try:
            return os.path.exists(self.path)
        except PathError:
            return False

    def is_directory(self) -> bool:
        """Return whether it is a directory. Raises PathError if it does not exist."""
        return stat.S_ISDIR(self.stat().st_mode)

    def child(self, entry: str) -> "Item":
        """Return the item of a name inside this directory. Inside `.` it is shown by this name alone."""
        name = entry if self.name == "." else posixpath.join(self.name, entry)
        return Item(name, self.base, posixpath.join(self.inner, entry))

    def children(self) -> list["Item"]:
        """Return everything in this directory, sorted by name."""
        return [self.child(entry) for entry in sorted(os.listdir(self.path))]

    def check_parent(self) -> None:
        """Raise PathError unless its parent directory exists."""
        if not os.path.isdir(os.path.dirname(self.path)):
            raise PathError(self.name, f"No such file or directory: `{self.uri}'")


@dataclass(frozen=True)
class FileSystem:
    """The file system of names without a scheme.

    hdfs: the directory that stands for HDFS, "" for none; base: that directory, or "" for this machine's own files;
    home: the directory that relative paths begin at.
    """

    hdfs: str
    base: str
    home: str

    @classmethod
    def of(cls, root: str, user: str) -> "FileSystem":
        """Return HDFS in a directory, created with the user's home on first use; for root "" this machine's files."""
        if not root:
            return cls.local()
        if user in ("", ".", "..") or "/" in user:
            raise StreamtoolsError("HADOOP_USER_NAME", f"invalid user name {user!r}", "use a name without slashes")
        base = os.path.abspath(root)
        home = f"/user/{user}"
        for folder in ("/tmp", home):
            os.makedirs(Item(folder, base, folder).path, exist_ok=True)
        return cls(base, base, home)

    @classmethod
    def local(cls, hdfs: str = "") -> "FileSystem":
        """Return the file system of this machine's own files."""
        return cls(hdfs, "", os.getcwd())

    def item(self, name: str) -> Item:
        """Return the item of a name that is not a pattern. Raises StreamtoolsError for an unknown file system."""
        _, base, inner = self._resolve(name)
        return Item(name, base, inner)

    def _resolve(self, name: str) -> tuple[str, str, str]:
        """Return scheme and authority of a name as given ("" without), base and absolute path of what it stands for."""
        match = URI.fullmatch(name)
        if not match:
            return "", self.base, _normal(posixpath.join(self.home, name))
        scheme, authority, path = match[1].lower(), match[2] or "", match[3]
        if scheme in HDFS and not self.hdfs:
            remedy = "set STREAMTOOLS_DFS to a directory that stands for HDFS"
            raise StreamtoolsError("", f"Incomplete HDFS URI, no host: {name}", remedy)
        if scheme not in (*HDFS, "file"):
            raise StreamtoolsError("", f'No FileSystem for scheme "{scheme}"')
        base = self.hdfs if scheme in HDFS else ""
        home = self.home if base == self.base else "/"
        return f"{scheme}://{authority}", base, _normal(posixpath.join(home, path))

    def expand(self, name: str) -> list[Item]:
        """Return the items that a name or pattern stands for. The item of a plain name need not exist.

        Raises PathError for a pattern that matches nothing, StreamtoolsError for an invalid pattern.
        """
        prefix, base, inner = self._resolve(name)
        if not is_pattern(inner):
            item = Item(self._display_name(prefix, inner, name), base, inner)
            return [item if item.exists() else Item(name, base, inner)]
        if base:
            _check_components(name, inner)
        found = [Item(self._display_name(prefix, match, name), base, match) for match in match_paths(base, inner)]
        if not found and not is_pattern(unescape(inner)):
            return [Item(unescape(name), base, unescape(inner))]
        if not found:
            raise not_found(name)
        return found

    def pattern(self, name: str) -> str:
        """Return the pattern of this machine's paths for a pattern of the file system."""
        _, base, inner = self._resolve(name)
        if base:
            _check_components(name, inner)
            for match in match_paths(base, inner):
                _check_below(Item(name, base, match))
        return escape(base) + inner

    def _display_name(self, prefix: str, inner: str, name: str) -> str:
        """Return a path in the form of the name that was given: with a scheme, absolute or relative."""
        if prefix or name.startswith("/"):
            return prefix + inner
        return posixpath.relpath(inner, self.home)


def _check_components(name: str, pattern: str) -> None:
    """Raise PathError if escapes or braces of a pattern hide a `..`."""
    if any(".." in unescape(plain).split("/") for plain in expand_braces(pattern)):
        raise PathError(name, "leads out of the directory that stands for HDFS")


def _check_below(item: Item) -> None:
    """Raise PathError if an item, or a link anywhere below it, leads out of the base."""
    for folder, folders, files in os.walk(item.path):
        for entry in (*folders, *files):
            if os.path.islink(path := os.path.join(folder, entry)):
                _ = Item(item.name, item.base, path[len(item.base) :]).path


def _normal(path: str) -> str:
    return posixpath.normpath(re.sub("^/+", "/", path))
