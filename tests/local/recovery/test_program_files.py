"""Which files a command is made of."""

import os

import pytest

from streamtools.local.recovery.program_files import find_program_files

FILES = {
    "map.py": "import os, helper\n",
    "late.py": "def f():\n    from package import part\n",
    "chosen.py": "from importlib import import_module\nimport_module('helper')\n",
    "old.py": "print 'for another Python'\n",
    "tool": "#!/usr/bin/env python3\nimport helper\n",
    "script.sh": "#!/bin/sh\nimport helper\n",
    "helper.py": "import package.part\n",
    "package/__init__.py": "",
    "package/part.py": "from . import other\n",
    "package/other.py": "import map\n",
    "reduce.py": "",
}
HELPERS = ["helper.py", "map.py", "package/__init__.py", "package/other.py", "package/part.py"]
COMMANDS = [
    ("map.py", HELPERS),
    ("python3 map.py", HELPERS),
    ("python3 -m map", HELPERS),
    ("python3 -m package.part", HELPERS),
    ("python3 -c 'import helper'", HELPERS),
    ("bash -c 'python3 map.py|sort'", []),
    ("bash -c 'python3 map.py | sort'", HELPERS),
    ("chosen.py", ["chosen.py", *HELPERS]),
    ("late.py", ["late.py", *HELPERS]),
    ("tool", [*HELPERS, "tool"]),
    ("old.py", sorted(FILES.keys() - {"tool", "script.sh"})),
    ("script.sh", ["script.sh"]),
    ("reduce.py --option map", ["reduce.py"]),
    ("cat", []),
]


@pytest.mark.parametrize(("command", "expected"), COMMANDS, ids=[case[0] for case in COMMANDS])
def test_files_of_a_command(tmp_path, monkeypatch, command, expected):
    from streamtools.java.words import split_command

    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = find_program_files(split_command(command), None)
    assert {os.path.relpath(os.path.realpath(name)) for name in found} == set(expected)


def test_beside_a_link_are_the_modules_of_what_it_leads_to(tmp_path, monkeypatch):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "map.py").write_text("import helper\n")
    (tmp_path / "src" / "helper.py").touch()
    (tmp_path / "map.py").symlink_to("src/map.py")
    monkeypatch.chdir(tmp_path)
    assert find_program_files(["map.py"], str(tmp_path / "map.py"))[-1] == str(tmp_path / "src" / "helper.py")
