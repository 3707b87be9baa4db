"""streamtools.launch.programs: where a job finds our own executables."""

import os
import subprocess
import sys

import pytest
from places import BIN

from streamtools.launch import programs


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """Let neither the checkout nor this Python have our executables; return the user's cache."""
    monkeypatch.setattr(programs, "_has_programs", lambda place: False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_they_lie_beside_the_one_that_was_started_or_in_the_checkout(tmp_path):
    (tmp_path / "st-run").symlink_to(BIN / "st-run")
    assert programs.find_programs(str(tmp_path / "st-run")) == str(BIN)
    (tmp_path / "st-map").symlink_to(BIN / "st-map")
    assert programs.find_programs(str(tmp_path / "st-run")) == str(tmp_path)
    assert programs.find_programs("/no/such/program") == programs.find_programs() == str(BIN)


def test_where_there_are_none_scripts_start_them(nowhere, tmp_path):
    found = programs.find_programs("/no/such/program")
    assert sorted(os.listdir(found)) == sorted(programs.TOOLS) == sorted(path.name for path in BIN.glob("st-*"))
    assert os.path.dirname(found) == str(nowhere / "streamtools")
    before = os.stat(f"{found}/st-map")
    assert programs.find_programs() == found
    assert os.stat(f"{found}/st-map").st_ino == before.st_ino
    done = subprocess.run(
        [f"{found}/st-map", "fields", "-k", "1"], input=b"a b\tc\n", capture_output=True, cwd=tmp_path
    )
    assert (done.stdout, done.stderr) == (b"a b\t1\n", b"")


def test_without_a_cache_there_are_none(nowhere):
    nowhere.write_text("a file")
    assert programs.find_programs() == ""


def test_a_bundle_is_run_by_this_python(monkeypatch, tmp_path):
    monkeypatch.setattr(programs, "ROOT", str(tmp_path / "streamtools.pyz"))
    (tmp_path / "streamtools.pyz").touch()
    assert programs.start_words("st-map") == [sys.executable, str(tmp_path / "streamtools.pyz"), "st-map"]
