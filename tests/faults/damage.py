"""Damage to bytes and files."""

import random
import shutil
from pathlib import Path

KINDS = ["flip", "cut", "drop", "double", "zero", "random", "high"]


def damage_bytes(data: bytes, rng: random.Random, times: int = 3) -> bytes:
    """Change data at one to `times` places."""
    for _ in range(rng.randrange(1, times + 1)):
        kind, at, size = rng.choice(KINDS), rng.randrange(len(data) + 1), rng.choice([1, 1, 2, 4, 8, 100])
        after = data[at + size :]
        middle = {
            "flip": bytes(byte ^ 1 << rng.randrange(8) for byte in data[at : at + 1]) + data[at + 1 : at + size],
            "drop": b"", "double": data[at : at + size] * 2, "zero": bytes(size), "high": b"\xff" * size,
            "random": rng.randbytes(size), "cut": b"",
        }[kind]  # fmt: skip
        data = data[:at] + middle + (b"" if kind == "cut" else after)
    return data


def damage_file(path: Path, rng: random.Random) -> str:
    """Damage a file, also as a whole; return how."""
    kind = rng.choice(["bytes", "same length", "same length", "empty", "random", "other", "folder", "gone"])
    data = path.read_bytes()
    others = sorted(other for other in path.parent.glob(f"*{path.suffix}") if other.is_file() and other != path)
    if kind == "bytes":
        path.write_bytes(damage_bytes(data, rng))
    elif kind == "same length":
        at = rng.randrange(len(data) + 1)
        path.write_bytes(data[:at] + rng.randbytes(min(8, len(data) - at)) + data[at + 8 :])
    elif kind in ("empty", "random"):
        path.write_bytes(b"" if kind == "empty" else rng.randbytes(len(data)))
    elif kind == "other" and others:
        shutil.copyfile(rng.choice(others), path)
    else:
        path.unlink()
        if kind == "folder":
            path.mkdir()
    return kind
