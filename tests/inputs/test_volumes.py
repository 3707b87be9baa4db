"""volumes.py: several files as one."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from encoded_files import read

from streamtools.errors import DataError
from streamtools.inputs.sevenzip.volumes import open_all_volumes

Make = Callable[..., Path]


def test_a_volume_that_is_missing(sevenzz: Make, log: bytes) -> None:
    archive = sevenzz("x.7z", {"a": random.Random(1).randbytes(50_000)}, "-v10k")
    first = archive.with_name("x.7z.001")
    archive.with_name("x.7z.003").unlink()
    with pytest.raises(DataError, match=r"truncated.*volumes"):
        read(first)


def test_volumes_that_were_closed_stay_so(tmp_path: Path) -> None:
    (tmp_path / "x.7z.001").write_bytes(b"a")
    (tmp_path / "x.7z.002").write_bytes(b"b")
    whole = open_all_volumes(str(tmp_path / "x.7z.001"))
    assert whole.read() == b"ab"
    whole.close()
    whole.seek(0)
    with pytest.raises(ValueError, match="closed"):  # a thread that decodes ahead may come late
        whole.read()
    assert whole.current is None  # type: ignore[attr-defined]
