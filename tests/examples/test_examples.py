"""The examples: each prints what plain Python finds, as a pipe and by st-run, and what its folder says it prints."""

import shlex
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import answers
import pytest
from places import BIN, ROOT

from streamtools.cli.st_run import st_run
from streamtools.errors import CannotCreateError, UnavailableError, UsageError
from streamtools.launch import examples
from streamtools.launch.examples import find_example, find_examples, write_example

EXAMPLES = {example.name: example for example in find_examples()}
every_example = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)


@pytest.fixture
def home_of(folder, monkeypatch):
    """A function that writes an example, and lets the test work in its directory."""

    def write(name):
        write_example(find_example(name), str(folder / name))
        monkeypatch.chdir(folder / name)
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        monkeypatch.setattr(sys, "argv", [str(BIN / "st-run")])  # beside which the other tools are
        return folder / name

    return write


@pytest.fixture
def home(example, home_of):
    """The directory of an example."""
    return home_of(example.name)


def without_tabs(lines):
    """Return lines without the TAB that Hadoop writes behind a key without value."""
    return [line.rstrip("\t") for line in lines]


def expected_of(example):
    return (Path(example.folder) / examples.EXPECTED).read_text().split("\n")


def read_parts(directory: Path):
    return [line for path in sorted(directory.glob("part-*")) for line in path.read_text().split("\n")[:-1]]


@every_example
def test_it_prints_what_plain_python_finds(example):
    expected = expected_of(example)
    answer = getattr(answers, example.name.replace("-", "_"))
    assert without_tabs(expected) == [*answer(Path(example.folder)), ""]


@every_example
def test_as_a_pipe(example, home):
    command = ["bash", "-e", "-o", "pipefail", "-c", example.pipe]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert without_tabs(done.stdout.split("\n")) == without_tabs(expected_of(example))


@every_example
def test_as_a_job(example, home):
    """With two map tasks where the user's run has one; without a reducer, the larger one comes first."""
    program, *words = shlex.split(example.run)
    assert program == "st-run"
    assert not st_run.main([*words, "--quiet", "--jobs", "1", "--tasks", "2x1"], standalone_mode=False)
    assert sorted([*read_parts(home / "out"), ""]) == sorted(expected_of(example))


@every_example
def test_it_says_all_about_itself(example):
    texts = (example.title, example.question, example.does, example.use, example.avoid, example.run, example.pipe)
    assert all(texts) and example.data and example.group in examples.GROUPS
    assert example.question.endswith("?")
    assert all(text.endswith(".") for text in (example.does, example.use, example.avoid))
    assert all((Path(example.folder) / name).exists() for name in (*example.data, examples.EXPECTED))
    for line in example.on_hadoop:
        assert "--tasks" not in line


def test_the_answers_are_those_of_the_examples():
    functions = {name for name in vars(answers) if name.replace("_", "-") in EXAMPLES}
    assert len(functions) == len(EXAMPLES)


def run_st_run(capsys, *words):
    st_run.main(list(words), standalone_mode=False)
    return capsys.readouterr().out


def test_the_list_has_groups_in_order(capsys):
    listed = run_st_run(capsys, "--examples").split("\n")
    groups = [line for line in listed if line in examples.GROUPS]
    assert groups == [group for group in examples.GROUPS if any(each.group == group for each in EXAMPLES.values())]
    assert "  word-count                   Count the words of a text" in listed
    assert sum(line.startswith("  ") for line in listed) == len(EXAMPLES)


def test_an_example_is_written_with_the_commands_that_run_it(folder, capsys, monkeypatch):
    told = run_st_run(capsys, "--example", "word-count", "deep/new one")
    assert sorted(path.name for path in (folder / "deep/new one").iterdir()) == [
        *("be.txt", "example.toml", "expected.txt", "word_count.py"),
    ]
    commands = [line[2:] for line in told.split("\n") if line.startswith("  ")]
    assert commands == [
        "cd 'deep/new one'",
        f"export PYTHONPATH={ROOT}",
        "python3 word_count.py map < be.txt | st-sort | python3 word_count.py reduce",
        "st-run --job word_count.py -input be.txt -output out",
        "cat out/part-*",
        "hadoop fs -mkdir -p word-count",
        "hadoop fs -put -f be.txt word-count",
        "st-run --on hadoop --job word_count.py -input word-count/be.txt -output word-count/out",
        "hadoop fs -cat 'word-count/out/part-*'",
    ]


def test_a_directory_with_something_in_it_is_left_alone(folder):
    (folder / "word-count").mkdir()
    write_example(find_example("word-count"), "word-count")  # as it is empty
    with pytest.raises(CannotCreateError, match=r"word-count: already exists; .* --example word-count DIR"):
        write_example(find_example("word-count"), "word-count")
    assert [path.name for path in folder.iterdir()] == ["word-count"]


@pytest.mark.parametrize(
    "words, told",
    [
        ("--example wordcount", "did you mean 'word-count'"),
        ("--example two-steps", "did you mean 'users-per-site-in-two-steps'"),
        ("--example xyzzy", "st-run --examples lists them"),
        ("--example word-count one two", "unexpected argument two"),
        ("--examples -input", "unexpected argument -input"),
    ],
)
def test_refused(folder, words, told):
    with pytest.raises(UsageError, match=told):
        st_run.main(words.split(), standalone_mode=False)
    assert list(folder.iterdir()) == []


def test_nothing_is_listed_where_nothing_is_installed(monkeypatch):
    monkeypatch.setattr(examples, "HOME", "/nonexistent/streamtools.pyz/streamtools/examples")
    with pytest.raises(UnavailableError, match="pip install streamtools"):
        find_examples()


def test_the_counters_of_a_validation(home_of, capfd):
    home_of("validate")
    st_run.main([*shlex.split(find_example("validate").run)[1:]], standalone_mode=False)
    told = capfd.readouterr().err
    assert "bad lines\n\t\tno user=1\n\t\tnumber of fields=2\n\t\ttime=1\n" in told


def test_all_files_are_installed():
    """By the patterns of setup.cfg."""
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    patterns = [f"streamtools/{line}" for line in setup["options.package_data"]["streamtools"].split()]
    installed = {path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()}
    found = {path for path in Path(examples.HOME).rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert found and found <= installed
