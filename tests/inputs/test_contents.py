"""contents.py: the list of what the inputs hold, and their encoded bytes."""

import gzip
import subprocess
from collections.abc import Callable
from pathlib import Path

from streamtools.inputs import ReadOptions, list_inputs, open_inputs, packed_size


def test_the_bytes_read_add_up_to_the_bytes_there_are(tmp_path: Path) -> None:
    data = b"some line\n" * 50_000
    (tmp_path / "a.gz").write_bytes(gzip.compress(data))
    (tmp_path / "b").write_bytes(data)
    read = [0]

    def count(size: int) -> None:
        read[0] += size

    names = [str(tmp_path)]
    assert sum(map(len, open_inputs(names, ReadOptions(on_read=count)))) == 2 * len(data)
    assert read[0] == packed_size(names)
    assert packed_size(["-"]) is None


Make = Callable[..., Path]


def test_the_list_tells_what_7zz_tells(sevenzz: Make, log: bytes, other: bytes) -> None:
    archive = sevenzz("x.7z", {"a.tsv": log, "b.tsv": other}, "-ms=off")
    told = subprocess.run(["7zz", "l", "-slt", archive], capture_output=True, text=True, check=True).stdout
    fields = [dict(line.split(" = ", 1) for line in part.splitlines() if " = " in line) for part in told.split("\n\n")]
    expected = [
        (part["Path"], int(part["Size"]), int(part["Packed Size"]), int(part["Block"]), int(part["CRC"], 16))
        for part in fields
        if "CRC" in part
    ]
    rows = list(list_inputs([str(archive)]))
    assert [(row.member, row.size, row.packed, row.folder, row.crc) for row in rows] == expected
    assert {row.method for row in rows} == {"LZMA2"}
