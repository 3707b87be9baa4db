"""Output that appears only when it is complete, and walking through directories."""

import os
import stat

import pytest

from streamtools.errors import CannotCreateError
from streamtools.files import files_below, open_output


def write(descriptor: int, data: bytes) -> None:
    os.write(descriptor, data)


def names(directory) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_file_appears_when_it_is_complete(tmp_path):
    with open_output(str(tmp_path / "out")) as descriptor:
        write(descriptor, b"data")
        assert "out" not in names(tmp_path)
    assert names(tmp_path) == ["out"] and (tmp_path / "out").read_bytes() == b"data"


def test_what_fails_leaves_nothing_and_the_old_file_as_it_was(tmp_path):
    (tmp_path / "out").write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), open_output(str(tmp_path / "out")) as descriptor:
        write(descriptor, b"new")
        raise ZeroDivisionError
    assert names(tmp_path) == ["out"] and (tmp_path / "out").read_bytes() == b"old"


def test_a_file_that_is_replaced_keeps_its_permissions_and_its_links(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "link").symlink_to("real")
    with open_output(str(tmp_path / "link")) as descriptor:
        write(descriptor, b"new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o640


def test_a_device_is_written_as_it_is():
    with open_output("/dev/null") as descriptor:
        write(descriptor, b"data")


@pytest.mark.parametrize("output", [None, "-"])
def test_standard_output(capfd, output):
    with open_output(output) as descriptor:
        write(descriptor, b"data")
    assert capfd.readouterr().out == "data"


def test_what_cannot_be_created(tmp_path):
    with pytest.raises(CannotCreateError, match="is a directory"), open_output(str(tmp_path)):
        pass
    missing = str(tmp_path / "missing" / "out")
    with pytest.raises(CannotCreateError, match="cannot write the output: no such file"), open_output(missing):
        pass


def test_files_below(tmp_path):
    for name in ("b/2", "b/1", "a/__pycache__/x.pyc", "a/3", "0"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert [os.path.relpath(path, tmp_path) for path in files_below(str(tmp_path))] == ["0", "a/3", "b/1", "b/2"]
