"""Output that appears only when it is complete, and walking through directories."""

import errno
import os
import stat

import pytest

from streamtools.errors import CannotCreateError
from streamtools.files import files_below, open_output, open_without_name


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


@pytest.mark.parametrize("has_nameless", [True, False])
@pytest.mark.parametrize("old", [None, b"old"])
def test_it_has_no_name_before_where_the_file_system_has_such_files(tmp_path, monkeypatch, has_nameless, old):
    """Else it has a hidden one."""
    if not has_nameless:
        monkeypatch.setattr("streamtools.files.open_without_name", lambda *_: None)
    elif not hasattr(os, "O_TMPFILE"):
        pytest.skip("O_TMPFILE is Linux's")
    if old:
        (tmp_path / "out").write_bytes(old)
        (tmp_path / "out").chmod(0o600)
    before = names(tmp_path)
    umask = os.umask(0o027)
    try:
        with open_output(str(tmp_path / "out")) as descriptor:
            write(descriptor, b"new")
            meanwhile = [name for name in names(tmp_path) if name not in before]
            assert meanwhile == [] if has_nameless else [name[-11:] for name in meanwhile] == [".unfinished"]
    finally:
        os.umask(umask)
    assert names(tmp_path) == ["out"] and (tmp_path / "out").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == (0o600 if old else 0o640)


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL])
def test_a_file_system_without_such_files(tmp_path, monkeypatch, number):
    os_open = os.open

    def refuse(path, flags, mode=0o777):
        if flags & getattr(os, "O_TMPFILE", 0) == getattr(os, "O_TMPFILE", -1):
            raise OSError(number, os.strerror(number))
        return os_open(path, flags, mode)

    monkeypatch.setattr(os, "open", refuse)
    assert open_without_name(str(tmp_path)) is None
    with open_output(str(tmp_path / "out")) as descriptor:
        write(descriptor, b"new")
    assert (tmp_path / "out").read_bytes() == b"new"


def test_where_there_is_no_proc(tmp_path, monkeypatch):
    """A file without a name gets one only through /proc, so that is looked at before any work."""
    exists = os.path.exists
    monkeypatch.setattr(os.path, "exists", lambda path: exists(path) and not str(path).startswith("/proc"))
    with open_output(str(tmp_path / "out")) as descriptor:
        assert len(names(tmp_path)) == 1
        write(descriptor, b"new")
    assert names(tmp_path) == ["out"] and (tmp_path / "out").read_bytes() == b"new"


def test_a_name_as_long_as_a_name_can_be(tmp_path):
    (tmp_path / ("x" * 255)).write_bytes(b"old")
    with open_output(str(tmp_path / ("x" * 255))) as descriptor:
        write(descriptor, b"new")
    assert (tmp_path / ("x" * 255)).read_bytes() == b"new"


def test_a_pipe_is_written_as_it_is(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with open_output(str(tmp_path / "pipe")) as descriptor:
        write(descriptor, b"data")
    assert os.read(reader, 10) == b"data" and names(tmp_path) == ["pipe"]
    os.close(reader)


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
