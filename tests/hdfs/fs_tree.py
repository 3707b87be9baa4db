"""The files that the recorded commands work on."""

import bz2
import gzip
import os
import zlib
from pathlib import Path

MOMENT = 1714979289  # 2024-05-06 07:08:09 UTC


def make(root: Path) -> None:
    """Make the files in a directory, all with the same time."""
    files = {
        "f1": b"one\ntwo\n",
        "f2": b"22\n",
        "empty": b"",
        "d/a": b"a",
        "d/b": b"bb\n",
        "d/c": b"",
        "d/sub/x": b"xx",
        "d2/f1": b"d2f1",
        "d2/f2": b"d2f2",
        "long": b"".join(b"%09d\n" % number for number in range(150)),
        "g.gz": gzip.compress(b"gz\n", mtime=0),
        "b.bz2": bz2.compress(b"bz\n"),
        "z.deflate": zlib.compress(b"df\n"),
        "big": bytes(2_500_000),
    }
    (root / "e").mkdir(parents=True)
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    for folder, _, names in os.walk(root):
        for path in (folder, *(os.path.join(folder, name) for name in names)):
            os.chmod(path, 0o755 if path == folder else 0o644)
            os.utime(path, (MOMENT, MOMENT))
