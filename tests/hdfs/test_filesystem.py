"""File systems: the paths that names stand for."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.errors import StreamtoolsError
from streamtools.hdfs import FileSystem, PathError


@pytest.fixture
def fs(tmp_path):
    return FileSystem.of(str(tmp_path / "root"), "ann")


@pytest.mark.parametrize(
    ("name", "inner"),
    [
        ("hdfs:///a/b", "/a/b"),
        ("hdfs://nn:8020/a", "/a"),
        ("hdfs:/a", "/a"),
        ("HDFS:///a", "/a"),
        ("/a//b/", "/a/b"),
        ("//a", "/a"),
        ("a", "/user/ann/a"),
        ("a/../../b", "/user/b"),
        (".", "/user/ann"),
        ("hdfs:///../../../etc/passwd", "/etc/passwd"),
        ("../../../../etc/passwd", "/etc/passwd"),
    ],
)
def test_a_name_lies_below_the_root(fs, tmp_path, name, inner):
    item = fs.item(name)
    assert (item.inner, item.path) == (inner, f"{tmp_path}/root{inner}")
    assert item.uri == f"hdfs://{inner}"


@given(name=st.text(st.sampled_from("ab/.*?[]{},\\ é-"), max_size=20))
def test_no_name_leads_out_of_the_root(name, tmp_path_factory):
    root = str(tmp_path_factory.getbasetemp() / "hypothesis")
    fs = FileSystem.of(root, "ann")
    for prefix in ("", "/", "hdfs://", "hdfs:///"):
        assert (fs.item(prefix + name).path + "/").startswith(f"{root}/")


def test_file_names_the_machine_s_own(fs):
    assert fs.item("file:///etc/hosts").path == "/etc/hosts"
    assert fs.item("file:/etc/hosts").base == ""


def test_without_a_directory_that_stands_for_hdfs_there_is_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fs = FileSystem.of("", "ann")
    assert fs.item("a").path == f"{tmp_path}/a"
    with pytest.raises(StreamtoolsError, match="set STREAMTOOLS_DFS"):
        fs.item("hdfs:///a")


def test_a_link_to_nothing_is_not_there(fs):
    os.symlink("nowhere", fs.item("/tmp/link").path)
    assert not fs.item("/tmp/link").exists()
    with pytest.raises(PathError, match="No such file"):
        fs.item("/tmp/link").stat()
