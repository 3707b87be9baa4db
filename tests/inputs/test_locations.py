"""locations.py: which files a name stands for."""

import os
from pathlib import Path

import pytest

from streamtools.errors import NoInputError, UsageError
from streamtools.inputs import expand, open_inputs


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b.tsv", "a.tsv", "_SUCCESS", ".a.tsv.crc", "in/y", "in/x", "in/_logs", "deep/er/z", "deep/.hid/z"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode() + b"\n")
    (tmp_path / "what?").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("names", "meant"),
    [
        pytest.param([], ["-"], id="nothing is stdin"),
        pytest.param(["-", "a.tsv", "-"], ["-", "a.tsv", "-"], id="stdin among files"),
        pytest.param(["b.tsv", "a.tsv", "b.tsv"], ["b.tsv", "a.tsv", "b.tsv"], id="files as given, twice is twice"),
        pytest.param(["_SUCCESS"], ["_SUCCESS"], id="a hidden file named outright"),
        pytest.param(["in"], ["in/x", "in/y"], id="a directory, sorted, without hidden files"),
        pytest.param(["empty"], [], id="an empty directory is no error, as in Hadoop"),
        pytest.param(["*.tsv"], ["a.tsv", "b.tsv"], id="a glob, sorted"),
        pytest.param(["i*"], ["in/x", "in/y"], id="a glob that finds a directory"),
        pytest.param(["_*"], ["_SUCCESS"], id="a glob for hidden files"),
        pytest.param(["what?"], ["what?"], id="a name that exists is no glob"),
        pytest.param(["[^a].tsv"], ["b.tsv"], id="a negated class as Hadoop writes it"),
        pytest.param(["{b,a}.tsv"], ["a.tsv", "b.tsv"], id="braces"),
        pytest.param(["{in/{x,y},a.tsv}"], ["a.tsv", "in/x", "in/y"], id="nested braces with slashes"),
        pytest.param(["file:///{cwd}/a.tsv"], ["/{cwd}/a.tsv"], id="a file URI"),
    ],
)
def test_expand(tree: Path, names: list[str], meant: list[str]) -> None:
    def here(name: str) -> str:
        return name.replace("/{cwd}", str(tree))

    assert expand([here(name) for name in names]) == [here(name) for name in meant]


def test_recursive_goes_into_directories_that_are_not_hidden(tree: Path) -> None:
    assert expand(["deep"], recursive=True) == ["deep/er/z"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("gone", "gone: no such file or directory"),
        ("*.gone", r"\*.gone: matches no file"),
        ("{x,y}.gone", "matches no file"),
        ("deep", "deep/er: is a directory inside an input directory.*--recursive"),
        ("dangling", "dangling: is a link to a missing file"),
    ],
)
def test_what_is_not_there_is_told_before_anything_is_read(tree: Path, name: str, problem: str) -> None:
    os.symlink("nowhere", "dangling")
    with pytest.raises(NoInputError, match=problem):
        open_inputs(["a.tsv", name])  # not even begun to iterate


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_unreadable(tree: Path) -> None:
    (tree / "a.tsv").chmod(0)
    with pytest.raises(NoInputError, match="permission denied"):
        expand(["a.tsv"])


@pytest.mark.parametrize("name", ["gopher://x/y", "{a.tsv"])
def test_what_makes_no_sense(tree: Path, name: str) -> None:
    with pytest.raises(UsageError):
        expand([name])


def test_volumes_are_one_input(tree: Path) -> None:
    for name in ("v.7z.001", "v.7z.002", "v.7z.010", "w.7z.002"):
        (tree / name).write_bytes(b"")
    assert expand(["v.7z.*"]) == expand(["v.7z.002"]) == expand(["v.7z.010", "v.7z.002"]) == ["v.7z.001"]
    assert expand(["v.7z"]) == ["v.7z.001"]
    with pytest.raises(NoInputError, match=r"^w\.7z\.001: the first volume of the archive is missing; put all"):
        expand(["w.7z.002"])
    (tree / "v.7z").write_bytes(b"")
    assert expand(["v.7z"]) == ["v.7z"]
