"""Where a path of Hadoop's lies here.

A file system has a base, the directory that stands for its root: STREAMTOOLS_DFS for HDFS, "" for the machine's own
files. `hdfs://ANY/x` and, on HDFS, `/x` lie below the base, `x` in the user's home there; `file:///x` is the
machine's own. No path leads out of the base.
"""

import os
import posixpath
import re
import stat
from dataclasses import dataclass

from streamtools.errors import StreamtoolsError
from streamtools.java.globs import MAGIC, matching, quoted, unquoted

URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://([^/]*))?(.*)", re.DOTALL)
HDFS = ("hdfs", "viewfs", "webhdfs")
BLOCK_SIZE = {True: 128 << 20, False: 32 << 20}  # on HDFS, and on the machine's own files


class PathError(StreamtoolsError):
    """A path that a command cannot do its work on, in the words of `hadoop fs`: `path': what is wrong."""

    def __init__(self, name: str, problem: str, target: str = "") -> None:
        place = f"`{name}' to `{target}'" if target else f"`{name}'" if name else ""
        super().__init__(place, problem)


def missing(name: str) -> PathError:
    return PathError(name, "No such file or directory")


@dataclass(frozen=True)
class Item:
    """A path, there or not. name: as it is shown; inner: absolute, without `.` and `..`, below the base."""

    name: str
    base: str
    inner: str

    @property
    def path(self) -> str:
        """Where it lies on this machine."""
        return self.base + self.inner

    @property
    def uri(self) -> str:
        """Its full name."""
        return f"{'hdfs' if self.base else 'file'}://{self.inner}"

    @property
    def block_size(self) -> int:
        """Bytes of a block of its file system."""
        return BLOCK_SIZE[bool(self.base)]

    def stat(self) -> os.stat_result:
        """What the system knows of it; raises PathError when it is not there."""
        try:
            return os.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            raise missing(self.name) from None

    def exists(self) -> bool:
        return os.path.exists(self.path)

    def is_directory(self) -> bool:
        """Whether it is a directory; raises PathError when it is not there."""
        return stat.S_ISDIR(self.stat().st_mode)

    def child(self, entry: str) -> "Item":
        """What lies in it under a name; in `.` it is shown by this name alone."""
        name = entry if self.name == "." else posixpath.join(self.name, entry)
        return Item(name, self.base, posixpath.join(self.inner, entry))

    def children(self) -> list["Item"]:
        """All that lies in it, sorted by name."""
        return [self.child(entry) for entry in sorted(os.listdir(self.path))]

    def check_parent(self) -> None:
        """Raise PathError unless the directory that it lies in, or would, is there."""
        if not os.path.isdir(os.path.dirname(self.path)):
            raise PathError(self.name, f"No such file or directory: `{self.uri}'")


@dataclass(frozen=True)
class FileSystem:
    """What names without a scheme mean. hdfs: the directory that stands for HDFS, "" for none.

    base: that directory, or "" when it is the machine's own files that are meant; home: where relative paths begin.
    """

    hdfs: str
    base: str
    home: str

    @classmethod
    def of(cls, root: str, user: str) -> "FileSystem":
        """HDFS in a directory, made with the user's home on first use; with an empty `root` the machine's files."""
        if not root:
            return cls.local()
        base = os.path.abspath(root)
        home = f"/user/{user}"
        for folder in ("/tmp", home):
            os.makedirs(base + folder, exist_ok=True)
        return cls(base, base, home)

    @classmethod
    def local(cls, hdfs: str = "") -> "FileSystem":
        """The machine's own files."""
        return cls(hdfs, "", os.getcwd())

    def item(self, name: str) -> Item:
        """The item of a name, no pattern; raises StreamtoolsError for a file system that is not there."""
        _, base, inner = self.placed(name)
        return Item(name, base, inner)

    def placed(self, name: str) -> tuple[str, str, str]:
        """Scheme and authority of a name as they stand (empty without), base and absolute path of what it means."""
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
        """What a name or pattern stands for; a name that is no pattern may be of something that is not there.

        Raises PathError for a pattern that matches nothing, StreamtoolsError for what is no pattern.
        """
        prefix, base, inner = self.placed(name)
        if not MAGIC.search(inner):
            item = Item(self._shown(prefix, inner, name), base, inner)
            return [item if item.exists() else Item(name, base, inner)]
        found = [Item(self._shown(prefix, match, name), base, match) for match in matching(base, inner)]
        if not found and not MAGIC.search(unquoted(inner)):
            return [Item(unquoted(name), base, unquoted(inner))]
        if not found:
            raise missing(name)
        return found

    def pattern(self, name: str) -> str:
        """The pattern of this machine's paths that a pattern of the file system stands for."""
        _, base, inner = self.placed(name)
        return quoted(base) + inner

    def _shown(self, prefix: str, inner: str, name: str) -> str:
        """A path in the way in which it was asked for: with a scheme, absolute or relative."""
        if prefix or name.startswith("/"):
            return prefix + inner
        return posixpath.relpath(inner, self.home)


def _normal(path: str) -> str:
    return posixpath.normpath(re.sub("^/+", "/", path))
