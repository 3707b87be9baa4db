"""Defaults of st-run from streamtools.toml."""

import os
import shlex
import subprocess

import pytest
from places import BIN


@pytest.fixture
def home(folder, tmp_path_factory, monkeypatch):
    config = tmp_path_factory.mktemp("config")
    (config / "streamtools").mkdir()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(config))
    (folder / "in").write_text("a\nb\n")
    return config / "streamtools/streamtools.toml"


def st_run(words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([str(BIN / "st-run"), *shlex.split(words)], capture_output=True, text=True, timeout=60)


JOB = "-input in -output out -mapper cat"


def test_the_command_line_wins_over_the_directory_and_that_over_the_user(home, folder):
    home.write_text('quiet = true\nD."mapreduce.job.reduces" = 2\n')
    assert st_run(JOB).stderr == "" and sorted(os.listdir("out")) == ["_SUCCESS", "part-00000", "part-00001"]
    (folder / "streamtools.toml").write_text("D.mapreduce.job.reduces = 3\n")
    assert st_run(JOB.replace(" out", " two")).stderr == "" and len(os.listdir("two")) == 4
    assert st_run(f"-D mapred.reduce.tasks=1 {JOB.replace(' out', ' three')}").stderr == ""
    assert len(os.listdir("three")) == 2


def test_profiles_by_name(home, folder):
    home.write_text('jobs = 1\n[profile.cluster]\non = "hadoop"\nnode-has = ["numpy", "pandas"]\n')
    done = st_run(f"--profile cluster --dry-run {JOB}")
    assert done.stdout.startswith("hadoop jar "), done.stderr
    done = st_run(f"--profile=cloud {JOB}")
    assert (done.returncode, done.stderr) == (64, "st-run: --profile cloud: no file has it; use one of cluster\n")


def test_defaults_for_another_place_are_left_out_and_options_are_not(home):
    home.write_text("jobs = 1\nnodes = 3\n")
    assert st_run(f"--on hadoop --dry-run {JOB}").returncode == 0
    done = st_run(f"--on hadoop --dry-run --jobs 2 {JOB}")
    assert "--jobs: not supported with --on hadoop" in done.stderr


def test_they_hold_for_steps_too_which_override_them(home, folder):
    home.write_text("quiet = true\nD.mapreduce.job.reduces = 2\n")
    (folder / "f.toml").write_text("[[step]]\nmapper = 'cat'\n[[step]]\nmapper = 'cat'\nD.mapreduce.job.reduces = 3\n")
    done = st_run("--job f.toml -input in -output out --keep")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(os.listdir("_out.steps/step-1")) == 3 and len(os.listdir("out")) == 4


def test_show_config_tells_where_each_comes_from(home, folder):
    home.write_text('memory = "1G"\njobs = 3\n')
    (folder / "streamtools.toml").write_text('# ours\njobs = 2\nD.a.b = "x\\"y"\n')
    assert st_run("--show-config").stdout == (
        f'# {home}\n# streamtools.toml\nmemory = "1G"  # {home}:1\njobs = 2  # streamtools.toml:2\n'
        'D."a.b" = "x\\"y"  # streamtools.toml:3\n'
    )


MISTAKES = [
    ("jbs = 2\n", "streamtools.toml:1: unknown key 'jbs'; did you mean 'jobs'?"),
    ("\njobs = 0\n", "streamtools.toml:2: jobs: 0 is not in the range x>=1; see --jobs in st-run --help"),
    ('jobs = "many"\n', "streamtools.toml:1: jobs: 'many' is not a valid integer"),
    ("jobs = true\n", "streamtools.toml:1: jobs takes a text or a number"),
    ("quiet = 1\n", "streamtools.toml:1: quiet takes true or false"),
    ("node-python = 3.10\n", "streamtools.toml:1: node-python takes a text or a whole number; write it as text"),
    ('memory = "lots"\n', "streamtools.toml:1: memory: invalid size 'lots'"),
    ('on = "mars"\n', "streamtools.toml:1: on: 'mars' is not one of"),
    ("dry-run = true\n", "streamtools.toml:1: unknown key 'dry-run'"),
    ("[profile.x]\njob = 'y'\n[profile.y]\n", None),
    ("jobs = [\n", "streamtools.toml:1: not valid TOML"),
]


@pytest.mark.parametrize("text, message", MISTAKES)
def test_mistakes_are_told_with_their_lines(home, folder, text, message):
    (folder / "streamtools.toml").write_text(text)
    done = st_run("--show-config")
    if message is None:  # of a profile that is not asked for
        assert done.returncode == 0
        message, done = (
            "streamtools.toml:2: unknown key 'job'; did you mean 'jobs'?",
            st_run("--show-config --profile x"),
        )
    assert done.returncode == 64 and message in done.stderr, done.stderr
