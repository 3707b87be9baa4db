"""What targets on other machines have in common: files are not listed, and none of them can grow."""

from collections.abc import Iterable

from streamtools.errors import NoInputError
from streamtools.packing.targets.contract import MANIFEST, Log, Target

OFTEN = 1 << 20  # bytes of a log up to which it is rewritten with each blob
SELDOM = 16  # blobs after which a longer one is rewritten


class RemoteTarget(Target):
    """Files below a URI, looked for one by one."""

    def __init__(self, name: str) -> None:
        self.name = name

    def place(self, name: str) -> str:
        return f"{self.name}/{name}"

    def names(self) -> list[str]:
        found: list[str] = []
        for name in sorted(set(self._names_in_manifest())):
            if not self.has(name):
                break
            found.append(name)
        return found

    def _names_in_manifest(self) -> Iterable[str]:
        for line in (self.read(MANIFEST) or b"").split(b"\n"):
            if line and not line.startswith(b"#"):
                yield line.partition(b"\t")[0].decode()

    def has(self, name: str) -> bool:
        """Return whether a file is there."""
        try:
            next(self.chunks(name), b"")
        except NoInputError:
            return False
        return True

    def read(self, name: str) -> bytes | None:
        try:
            return b"".join(self.chunks(name))
        except NoInputError:
            return None

    def log(self, name: str, data: bytes) -> Log:
        return _RewrittenLog(self, name, data)


class _RewrittenLog:
    """A log that is rewritten as a whole, with each blob at first, later less often.

    Blobs that it does not hold yet are made again by a run that continues.
    """

    def __init__(self, target: RemoteTarget, name: str, data: bytes) -> None:
        self.target, self.name = target, name
        self.lines = [data]
        self.size = len(data)
        self.unsaved = 0
        self.flush()

    def add(self, lines: bytes) -> None:
        self.lines.append(lines)
        self.size += len(lines)
        self.unsaved += 1
        if self.size < OFTEN or self.unsaved >= SELDOM:
            self.flush()

    def flush(self) -> None:
        self.target.put(self.name, b"".join(self.lines))
        self.unsaved = 0

    def close(self) -> None:
        pass
