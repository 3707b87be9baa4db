"""streamtools.pyz: one file that runs on a Python where nothing is installed, also on 3.9."""

import importlib.metadata
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import click
import pytest
from places import SAMPLE

from streamtools.cluster.shipment import bundle
from streamtools.errors import UnavailableError

OLD = next((str(path) for path in Path.home().glob(".pyenv/versions/3.9.*/bin/python3.9")), "")


WORDS = """\
from streamtools import Job
job = Job(value=int)
job.map(lambda line: [(word, 1) for word in line.split()])
job.reduce(combine=True)(lambda word, counts: [(word, sum(counts))])
if __name__ == '__main__':
    job.main()
"""
NOTHING = [sys.executable, "-S"]  # no site-packages: nothing is installed


@pytest.fixture(scope="module")
def pyz(tmp_path_factory) -> str:
    target = tmp_path_factory.mktemp("pyz") / "streamtools.pyz"
    bundle.write_for_nodes(str(target), (3, 11))
    return str(target)


def run(*words: str, input: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(words, input=input, capture_output=True, env=environment, timeout=60)


def test_the_tools_run_where_nothing_is_installed(pyz):
    mapped = run(*NOTHING, pyz, "st-map", "words", input=b"b a\nb\n").stdout
    assert mapped == b"b\t1\na\t1\nb\t1\n"
    assert run(*NOTHING, pyz, "st-reduce", input=b"a\t1\nb\t1\nb\t1\n").stdout == b"a\t1\nb\t2\n"


@pytest.mark.parametrize("mapper", ["st-map words", "bash -c 'st-map words | st-sort'"])
def test_a_job_finds_the_tools_that_are_not_on_path(pyz, tmp_path, monkeypatch, mapper):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "in").write_text("b a\nb\n")
    stages = ["-mapper", mapper, "-combiner", "st-combine", "-reducer", "st-reduce"]
    done = run(*NOTHING, pyz, "st-run", "--quiet", "--stdout", "-input", str(tmp_path / "in"), *stages)
    assert (done.stdout, done.stderr, done.returncode) == (b"a\t1\nb\t2\n", b"", 0)


def test_a_job_file_runs_by_it(pyz, tmp_path):
    (tmp_path / "in").write_text("b a\nb\n")
    job = tmp_path / "words.py"
    job.write_text(WORDS)
    words = [*NOTHING, str(job), "run", "--quiet", "--stdout", "-input", str(tmp_path / "in")]
    environment = {**os.environ, "PYTHONPATH": pyz, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(words, capture_output=True, env=environment, cwd=tmp_path, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == (b"a\t1\nb\t2\n", b"", 0)


def test_help_lists_the_tools(pyz):
    done = run(*NOTHING, pyz, "--help")
    assert done.returncode == 0
    assert all(tool in done.stdout for tool in (b"st-cat", b"st-map", b"st-run"))


@pytest.mark.parametrize("name, library", [("adlog.tsv.gz", b"isal"), ("adlog.tsv.7z", b"py7zr")])
def test_a_missing_library_is_told_in_one_line(pyz, name, library):
    done = run(*NOTHING, pyz, "st-cat", str(SAMPLE / name))
    assert (done.returncode, done.stdout) == (os.EX_UNAVAILABLE, b"")
    assert done.stderr.startswith(b"st-cat: " + library) and done.stderr.count(b"\n") == 1
    assert b"; pip install " + library in done.stderr


@pytest.mark.skipif(not OLD, reason="there is no Python 3.9 here")
@pytest.mark.parametrize("tool", ["st-cat", "st-sort", "st-run", "st-hadoop", "st-pack"])
def test_on_39_the_others_say_what_they_need(pyz, tool):
    done = run(OLD, pyz, tool)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (os.EX_UNAVAILABLE, b"", 1)
    assert done.stderr.startswith(f"{tool}: needs Python 3.10, and this is 3.9".encode())


@pytest.fixture(scope="module")
def pyz39(tmp_path_factory) -> str:
    target = tmp_path_factory.mktemp("pyz") / "streamtools.pyz"
    try:
        bundle.write_for_nodes(str(target), (3, 9))
    except UnavailableError as error:  # pip has to fetch an older click
        pytest.skip(str(error))
    return str(target)


@pytest.mark.skipif(not OLD, reason="there is no Python 3.9 here")
@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("st-map words", b"b\t1\na\t1\nb\t1\n2\t1\n"),
        ("st-map fields -k 1", b"b a\t1\nb\t1\n"),
        ("st-reduce count --unsorted", b"b a\t1\nb\t1\n"),
        ("st-combine sum --on-error skip", b"b\t2\n"),
        ("st-reduce --list", b"histogram"),
        ("--help", b"st-map"),
    ],
)
def test_on_39_mappers_and_reducers_run(pyz39, words, answer):
    done = run(OLD, pyz39, *words.split(), input=b"b a\nb\t2\n")
    assert done.returncode == 0 and b"Traceback" not in done.stderr, done.stderr
    assert answer in done.stdout


@pytest.mark.skipif(not OLD, reason="there is no Python 3.9 here")
@pytest.mark.parametrize("stage", ["map", "combine", "reduce"])
def test_on_39_a_job_of_functions_runs(pyz39, stage, tmp_path):
    job = tmp_path / "words.py"
    job.write_text(WORDS)
    environment = {**os.environ, "PYTHONPATH": pyz39}
    done = subprocess.run([OLD, str(job), stage], input=b"a\t1\n", capture_output=True, env=environment, timeout=60)
    assert (done.returncode, done.stdout[:4], done.stderr) == (0, b"a\t1\n", b"")


def test_it_is_the_same_each_time(pyz, tmp_path):
    bundle.write_for_nodes(str(tmp_path / "again"), (3, 11))
    assert (tmp_path / "again").read_bytes() == Path(pyz).read_bytes()
    assert {name.partition("/")[0] for name in zipfile.ZipFile(pyz).namelist()} == {
        "__main__.py",
        "click",
        "streamtools",
    }


def test_a_bundle_ships_itself(pyz, tmp_path):
    code = (
        f"from streamtools.cluster.shipment import bundle; bundle.write_for_nodes({str(tmp_path / 'copy')!r}, (3, 9))"
    )
    environment = {**os.environ, "PYTHONPATH": pyz}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=tmp_path, timeout=60)
    assert (tmp_path / "copy").read_bytes() == Path(pyz).read_bytes()


def test_a_click_for_39_is_taken_from_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "streamtools/click-8.1/click").mkdir(parents=True)
    if not importlib.metadata.version("click").startswith("8.1."):
        assert bundle.find_click((3, 9)) == str(tmp_path / "streamtools/click-8.1/click")
    assert bundle.find_click((3, 10)) == os.path.dirname(click.__file__)


def test_without_a_click_for_39_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr("importlib.metadata.version", lambda _name: "8.3.0")
    with pytest.raises(
        UnavailableError, match=r"needs click>=8\.1,<8\.2 for Python 3\.9: .*; run it once with a network"
    ):
        bundle.find_click((3, 9))
    assert list((tmp_path / "streamtools").iterdir()) == []
