"""Paths on the cluster: what a listing says, and which file system a job is about."""

import shlex

import pytest

from streamtools.cluster.cluster_paths import Entry, check_paths, input_paths, list_inputs, parse_listing
from streamtools.job import Refused, build_job, parse

LISTED = """\
Found 5 items
drwxr-xr-x   - ann users          0 2026-11-21 14:27 logs/old
-rw-r--r--   3 ann users    1234567 2026-11-21 14:27 logs/a b.7z
-rw-r--r--   3 ann users          0 2026-11-21 14:27 logs/_SUCCESS
-rw-r--r--   3 ann users         12 2026-11-21 14:27 hdfs://h:8020/logs/.hidden
-rw-r--r--   3 ann users          7 2026-11-21 14:27 hdfs://h:8020/logs/c.7z
"""


def job(words: str):
    return build_job(parse([*shlex.split(words), "-output", "o", "-mapper", "m"]), java=True)


def test_a_listing_gives_files_with_their_sizes():
    assert parse_listing(LISTED) == [Entry("logs/a b.7z", 1234567), Entry("hdfs://h:8020/logs/c.7z", 7)]
    assert parse_listing("") == []


@pytest.mark.parametrize("words, paths", [
    ("-input a b -input c", ["a", "b", "c"]),
    ("-input a,b,", ["a", "b"]),
    ("-input a/{x,y}/*,b", ["a/{x,y}/*", "b"]),
    ("-input a/{x,{y,z}},b", ["a/{x,{y,z}}", "b"]),
])  # fmt: skip
def test_paths(words, paths):
    assert input_paths(job(words)) == paths


@pytest.mark.parametrize("listed", [False, True])
def test_a_volume_of_an_archive_is_no_input(tmp_path, monkeypatch, listed):
    (tmp_path / "hadoop").write_text("#!/bin/sh\necho '-rw-r--r-- 3 a b 7 2026-11-21 14:27 in/x.7z.001'\n"
                                     "echo \"ls: \\`o': No such file or directory\" >&2\nexit 1\n")  # fmt: skip
    (tmp_path / "hadoop").chmod(0o755)
    check, words = (list_inputs, "-input in") if listed else (check_paths, "-input in/x.7z.001")
    with pytest.raises(
        Refused, match=r"in/x.7z.001 is one volume .*hadoop fs -cat 'in/x.7z.\*' \| hadoop fs -put - in/x.7z"
    ):
        check(job(words), str(tmp_path / "hadoop"))
