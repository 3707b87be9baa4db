"""The README is true: its commands run and print what it shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from places import BIN, ROOT, SAMPLE

README = (ROOT / "README.md").read_text()
CONSOLE = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
FILES = re.findall(r"^```(?:python|toml) file=(\S+)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a directory with the sample data and the files that the README shows."""
    path = tmp_path_factory.mktemp("readme")
    (path / "sample_data").symlink_to(SAMPLE)
    for name, content in FILES:
        (path / name).write_text(content)
    return path


@pytest.mark.parametrize("number", range(len(CONSOLE)))
def test_commands_write_what_is_shown(number, folder, request):
    """Run each block as a script that prints each command before its output; `make golden` updates the README."""
    commands = [line[2:] for line in CONSOLE[number].split("\n") if line.startswith("$ ")]
    script = "\n".join(f"printf '%s\\n' {quote(f'$ {command}')}\n{command}" for command in commands)
    python = Path(sys.executable).parent  # of an environment in which streamtools is installed
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{python}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, env=environment, timeout=60
    )
    assert done.stderr == b""
    if request.config.getoption("--record"):
        path = ROOT / "README.md"
        path.write_text(path.read_text().replace(CONSOLE[number], done.stdout.decode()))
    else:
        assert done.stdout.decode() == CONSOLE[number]


def test_the_test_that_is_shown_passes(folder):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_words.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout


def quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


@pytest.mark.parametrize("tool", sorted(path.name for path in BIN.glob("st-*")))
def test_every_tool_has_a_row_and_a_help_with_examples(tool, shell):
    assert f"| `{tool}" in README
    told = shell(f"{tool} --help").stdout.decode()
    assert "Example" in told and told.count(tool) > 1


@pytest.mark.parametrize("tool", ["st-map", "st-reduce", "st-combine"])
def test_every_name_of_a_library_is_in_the_readme(tool, shell):
    for line in shell(f"{tool} --list").stdout.decode().split("\n")[:-1]:
        assert f"`{line.split()[0]}`" in README
