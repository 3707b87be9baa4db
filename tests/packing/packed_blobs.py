"""What st-pack has written, for the tests."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from streamtools.inputs import open_inputs
from streamtools.packing.blob_manifest import Row, parse_row

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


SMALL = {"size": 60_000, "memory": 1, "jobs": 2}  # blocks of 16 KiB


def blobs(output: Path) -> list[Path]:
    return sorted(output.glob("part-*"))


def content(output: Path) -> bytes:
    return b"".join(open_inputs(list(map(str, blobs(output)))))


def everything(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(output.iterdir())}


def rows(output: Path) -> list[Row]:
    lines = (output / "_manifest.tsv").read_bytes().split(b"\n")[:-1]
    return [parse_row(line) for line in lines if not line.startswith(b"#")]
