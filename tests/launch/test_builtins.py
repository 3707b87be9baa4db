"""Our own tools on the command line of a job: which programs run in the task's process."""

import os
import sys

import pytest

from streamtools.launch import builtins
from streamtools.launch.builtins import find_in, is_installed
from streamtools.launch.programs import ROOT
from streamtools.reporter import Reporter
from streamtools.stage import InProcessStage

STAGE = InProcessStage(iter)
BIN = os.path.join(ROOT, "bin")


@pytest.fixture
def is_found(monkeypatch):
    find = find_in(BIN, {"st-map": lambda words, _reporter: STAGE if words == ["words"] else None})
    return lambda path: find([path, "words"], path, Reporter()) is STAGE


def test_a_program_of_ours(is_found, tmp_path):
    assert is_found(os.path.join(BIN, "st-map"))
    os.symlink(os.path.join(BIN, "st-map"), tmp_path / "st-map")
    assert is_found(str(tmp_path / "st-map"))
    assert not is_found(os.path.join(BIN, "st-other"))


def test_another_program_of_the_same_name(is_found, tmp_path):
    (tmp_path / "st-map").write_text("#!/bin/sh\n")
    assert not is_found(str(tmp_path / "st-map"))


@pytest.mark.parametrize("installed", [True, False])
def test_a_program_beside_this_python_runs_what_is_installed(is_found, monkeypatch, installed):
    """A job that is started in a checkout finds the tools of a virtual environment first, if that is active."""
    monkeypatch.setattr(builtins, "is_installed", lambda: installed)
    assert is_found(os.path.join(os.path.dirname(sys.executable), "st-map")) is installed


def test_what_is_installed(monkeypatch, tmp_path):
    """The tests run with the checkout installed; a copy of the package elsewhere is another one."""
    assert is_installed.__wrapped__()
    (tmp_path / "streamtools").mkdir()
    (tmp_path / "streamtools" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert not is_installed.__wrapped__()
