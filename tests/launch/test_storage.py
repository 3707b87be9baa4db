"""Results that take their place at once: beside it until then, and what was there only goes when they have come."""

import os

import pytest

from streamtools.errors import CannotCreateError, UsageError
from streamtools.job import Refused
from streamtools.launch.storage.file_systems import LocalStorage
from streamtools.launch.storage.publishing import beside, check_replaceable, locked, publish


@pytest.mark.parametrize(
    "path, place",
    [("out", "_out.new"), ("a/out/", "a/_out.new"), ("/out", "/_out.new"), ("hdfs://h/a/out", "hdfs://h/a/_out.new")],
)
def test_beside(path, place):
    assert beside(path, "new") == place


@pytest.mark.parametrize("path", ["/", ".", "a/..", "s3://bucket", "hdfs://host/"])
def test_nothing_lies_beside(path):
    with pytest.raises(UsageError, match="nothing can lie beside it"):
        beside(path, "new")


def fill(folder, *names):
    folder.mkdir()
    for name in names:
        (folder / name).touch()


def test_an_old_output_goes_when_the_new_one_is_there(folder):
    fill(folder / "out", "part-00000")
    fill(folder / "new", "part-00001")
    with pytest.raises(Refused, match="out already exists: it has appeared in the meantime"):
        publish(LocalStorage(), "new", "out", overwrite=False)
    publish(LocalStorage(), "new", "out", overwrite=True)
    assert os.listdir() == ["out"] and os.listdir("out") == ["part-00001"]


OUTPUTS = [  # names in a directory, whether it may be replaced
    ((), True),
    (("part-00000", "_SUCCESS"), True),
    (("part-00000.gz", "_logs", ".part-00000.crc"), True),
    (("side", "_SUCCESS"), True),
    (("part-00000", "main.py"), False),
    (("src",), False),
]


@pytest.mark.parametrize("names, may", OUTPUTS)
def test_only_the_output_of_a_job_is_replaced(folder, names, may):
    fill(folder / "out", *names)
    if may:
        check_replaceable(LocalStorage(), "out")
    else:
        with pytest.raises(CannotCreateError, match="in it is not the output of a job"):
            check_replaceable(LocalStorage(), "out")
    assert sorted(os.listdir("out")) == sorted(names)


def test_neither_a_file_nor_a_link_is_replaced(folder):
    (folder / "file").touch()
    fill(folder / "target")
    (folder / "link").symlink_to("target")
    for name in ("file", "link"):
        with pytest.raises(CannotCreateError, match="is not a directory"):
            check_replaceable(LocalStorage(), name)


def test_what_a_killed_run_has_put_aside_comes_back(folder):
    fill(folder / "_out.old", "part-00000")
    check_replaceable(LocalStorage(), "out")
    assert os.listdir() == ["out"]
    fill(folder / "_out.old", "part-00001")
    check_replaceable(LocalStorage(), "out")
    assert os.listdir() == ["out"] and os.listdir("out") == ["part-00000"]


def test_one_at_a_time(folder):
    fill(folder / "out")
    with locked("out", "out"), pytest.raises(Refused, match="another st-run is writing it"), locked("out", "out"):
        pass
    with locked("out", "out"):
        pass
