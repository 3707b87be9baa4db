"""opening.py, read_options.py and raw_files.py: inputs of any kind, also if one is damaged or a read fails."""

import errno
import gzip
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from encoded_files import py7zr_archive, read

from streamtools.errors import DataError
from streamtools.inputs import ReadOptions, open_inputs


def test_a_fifo_is_an_input_like_any_other(tmp_path: Path, log: bytes) -> None:
    (tmp_path / "log.gz").write_bytes(gzip.compress(log))
    script = "import sys; from streamtools.inputs import open_inputs; print(sum(map(len, open_inputs(sys.argv[1:]))))"
    command = f"'{sys.executable}' -c '{script}' <(cat {tmp_path}/log.gz) {tmp_path}/log.gz"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.stdout == f"{2 * len(log)}\n", done.stderr


def test_the_other_files_go_on_when_damage_is_told(tmp_path: Path, log: bytes, other: bytes) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(log)[:-4])
    (tmp_path / "b.gz").write_bytes(b"nothing of the kind")
    (tmp_path / "c.gz").write_bytes(gzip.compress(other))
    told: list[DataError] = []
    assert read(*sorted(tmp_path.iterdir()), on_error=told.append) == log + other
    assert [Path(error.place).name for error in told] == ["a.gz", "b.gz"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_read_that_fails_later_names_the_file(jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return super().read(1000)

    monkeypatch.setattr("streamtools.inputs.opening.open_raw", Failing)
    names = [str(tmp_path / name) for name in "abcd"]
    for name in names:
        Path(name).write_bytes(b"line\n" * 1000)
    with pytest.raises(OSError) as raised:
        b"".join(open_inputs(names, ReadOptions(jobs=jobs)))
    assert (raised.value.filename, raised.value.errno) == (names[0], errno.EIO)


def test_many_files(tmp_path: Path) -> None:
    files = [py7zr_archive(tmp_path / f"{n}.7z", {"a": b"%d" % n, "b": b"%d\n" % n, "c": b"end"}) for n in range(12)]
    assert read(*files, jobs=3) == read(*files)
    assert read(*files, jobs=3, add_line_ends=False) == read(*files, add_line_ends=False)
