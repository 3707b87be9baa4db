"""A command as nodes can run it: by an interpreter, and what is not replaced stays as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.cluster.shipment.node_commands import rewrite_for_nodes
from streamtools.java.words import split_command

SCRIPTS = {
    "src/map.py": "#!/usr/bin/env python3\n",
    "bare.py": "print()\n",
    "tool": "#!/usr/bin/python3 -u\n",
    "count.sh": "#!/bin/bash -e\n",
    "count.pl": "#!/usr/bin/env -S perl -w\n",
    "binary": "\x7fELF",
}
REWRITTEN = [  # as given, as the nodes get it, the file that it runs
    ("./src/map.py", "python3 map.py", "./src/map.py"),
    ("src/map.py --site '7 8'  x", "python3 map.py --site '7 8'  x", "src/map.py"),
    ("'src/map.py' a", "python3 map.py a", "src/map.py"),
    ("bare.py", "python3 bare.py", "bare.py"),
    ("./tool a", "python3 -u tool a", "./tool"),
    ("python3 src/map.py -v", "python3 map.py -v", "src/map.py"),
    ("/opt/venv/bin/python3.12 -W error -u src/map.py", "python3 -W error -u map.py", "src/map.py"),
    ("python3 -m words.count a", "python3 -m words.count a", ""),
    ("python3 -c 'import sys' src/map.py", "python3 -c 'import sys' src/map.py", ""),
    ("python3", "python3", ""),
    ("./count.sh a", "/bin/bash -e count.sh a", "./count.sh"),
    ("./count.pl", "perl -w count.pl", "./count.pl"),
    ("bash ./count.sh a", "bash count.sh a", "./count.sh"),
    ("bash -c 'cat src/map.py'", "bash -c 'cat src/map.py'", ""),
    ("bash -e ./count.sh a", "bash -e count.sh a", "./count.sh"),
    ("sh -ec 'count.sh a'", "sh -ec 'count.sh a'", ""),
    ("perl -w count.pl", "perl -w count.pl", "count.pl"),
    ("perl -lane 'print if /count.pl/'", "perl -lane 'print if /count.pl/'", ""),
    ("./binary 1", "binary 1", "./binary"),
    ("st-map words", "python3 streamtools.pyz st-map words", ""),
    ("bin/st-reduce", "python3 streamtools.pyz st-reduce", ""),
    ("cat", "cat", ""),
    ("/usr/bin/awk '{print $1}'", "/usr/bin/awk '{print $1}'", ""),
    ("shipped.py a", "python3 shipped.py a", "src/map.py"),
    ("", "", ""),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in SCRIPTS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)


@pytest.mark.parametrize("text, rewritten, script", REWRITTEN)
def test_rewritten(folder, text, rewritten, script):
    command = rewrite_for_nodes(text, "python3", {"shipped.py": "src/map.py"})
    assert (command.text, command.script) == (rewritten, script)


@pytest.mark.parametrize(
    "text, missing",
    [
        ("python3 -u none.py a", "none.py"),
        ("python3 -m none.py", ""),
        ("bash -e none.sh a", "none.sh"),
        ("bash -c none.sh", ""),
        ("perl -w none.pl", "none.pl"),
        ("perl -ne none.pl", ""),
        ("perl -I lib none.pl", ""),
        ("none.sh", ""),
    ],
)
def test_a_script_of_an_interpreter_that_is_not_here(folder, text, missing):
    assert rewrite_for_nodes(text, "python3", {}).missing == missing


def test_a_name_with_a_blank_is_quoted_for_the_splitter_of_hadoop(folder, tmp_path):
    (tmp_path / "my map.py").touch()
    command = rewrite_for_nodes("'my map.py' x", "python3", {})
    assert split_command(command.text) == ["python3", "my map.py", "x"]


@given(st.text(" \"'ab\\", max_size=20))
def test_the_arguments_stay_as_they_were(text):
    command = rewrite_for_nodes(f"st-map {text}", "python3", {})
    assert split_command(command.text) == ["python3", "streamtools.pyz", "st-map", *split_command(text)]
