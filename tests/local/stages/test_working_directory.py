"""streamtools.local.stages.working_directory: links to shipped files, made for a job and removed after it."""

import os
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

from streamtools.job import Refused, Shipped
from streamtools.local.stages.working_directory import linked_here
from streamtools.scratch.links import remove_links


@pytest.fixture
def scratch(folder, tmp_path_factory):
    (folder / "side").mkdir()
    (folder / "side" / "words").write_text("words")
    return str(tmp_path_factory.mktemp("scratch"))


def shipped(path, link, is_archive=False):
    return Shipped(path, link, is_archive)


def test_links_are_there_and_gone_again(scratch):
    with linked_here([shipped("side/words", "w"), shipped("side/words", "deep/w")], [], scratch):
        assert Path("w").read_text() == Path("deep/w").read_text() == "words"
    assert not os.path.lexists("w") and not os.path.lexists("deep/w")


def test_a_file_of_that_name_stays(folder, scratch):
    (folder / "w").write_text("mine")
    with linked_here([shipped("side/words", "w")], [], scratch):
        assert (folder / "w").read_text() == "mine"
    assert (folder / "w").read_text() == "mine"


def test_what_a_directory_holds_is_linked_by_its_names(folder, scratch):
    with linked_here([], ["side"], scratch):
        assert (folder / "words").read_text() == "words"
    assert sorted(os.listdir(folder)) == ["side"]


@pytest.mark.parametrize("name", ["a.zip", "a.jar", "a.tar", "a.tgz", "a.tar.gz", "a.tar.bz2", "a.tar.xz"])
def test_archives_are_unpacked(folder, scratch, name):
    if name.endswith((".zip", ".jar")):
        with ZipFile(name, "w") as archive:
            archive.write("side/words", "words")
    else:
        with tarfile.open(name, f"w:{'gz' if name == 'a.tgz' else name.rpartition('.')[2].replace('tar', '')}") as tar:
            tar.add("side/words", "words")
    with linked_here([shipped(name, "unpacked", is_archive=True)], [], scratch):
        assert (folder / "unpacked" / "words").read_text() == "words"
    assert not os.path.lexists("unpacked")


def test_a_damaged_archive_is_refused(folder, scratch):
    (folder / "a.zip").write_bytes(b"PK")
    links = linked_here([shipped("a.zip", "unpacked", is_archive=True)], [], scratch)
    with pytest.raises(Refused, match=r"a\.zip: cannot unpack it"), links:
        pass


def test_links_of_a_killed_run_are_removed_where_they_are_still_its_own(folder, scratch):
    context = linked_here([shipped("side/words", "w"), shipped("side/words", "v")], [], scratch)
    context.__enter__()
    (folder / "v").unlink()
    (folder / "v").write_text("mine")
    remove_links(scratch)
    assert not os.path.lexists("w") and (folder / "v").read_text() == "mine"
    remove_links(scratch)  # nothing is left: nothing happens
    context.__exit__(None, None, None)


def test_a_directory_of_file_brings_what_is_in_it(run_job, folder):
    (folder / "d").mkdir()
    (folder / "d/inner").write_bytes(b"found\n")
    assert run_job("-input i -mapper 'cat inner' -reducer NONE -file d", i=b"").lines == [b"found\t"]
    assert not os.path.lexists("inner")
