"""Which modules a script needs: those beside it are shipped, with theirs; others are named."""

import pytest

from streamtools.cluster.shipment.needed_modules import find_modules
from streamtools.errors import DataError

FILES = {
    "job/map.py": "import helpers, sys, numpy\nfrom lib.deep import thing\nfrom streamtools import reporter\n",
    "job/helpers.py": "import json\nimport more\n",
    "job/more.py": "",
    "job/lib/__init__.py": "",
    "job/lib/deep.py": "from . import other\nimport requests\n",
    "job/lib/other.py": "",
    "job/lib/table.tsv": "a\tb\n",
    "job/lib/__pycache__/deep.pyc": "",
    "job/unused.py": "import pandas\n",
    "job/alone.py": "import sys, os.path\n",
    "job/space.py": "import parts.one\n",
    "job/parts/one.py": "",
    "job/deep.py": "import deepns.a.mod\n",
    "job/deepns/a/mod.py": "",
    "job/calendar/dates/x.py": "",
    "job/year.py": "import calendar\n",
    "job/guarded.py": "try:\n    import ujson\nexcept ImportError:\n    import json\nelse:\n    import yaml\n",
    "job/typed.py": "import typing\nif typing.TYPE_CHECKING:\n    import pandas\nelse:\n    import polars\n",
    "job/late.py": "def f():\n    import scipy\n",
    "job/toml.py": "import tomllib\n",
    "elsewhere/shared.py": "",
    "job/far.py": "import shared\n",
    "other/helpers.py": "",
    "other/red.py": "import helpers\n",
    "job/match.py": "match 1:\n    case 1: pass\n",
    "job/broken.py": "def f(:\n",
    "job/nul.py": "x = 1\0\n",
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


FOUND = [  # scripts, files by their names for the nodes, foreign modules with the place of their import
    (["job/alone.py"], [], {}),
    (
        ["job/map.py"],
        ["helpers.py", "lib/__init__.py", "lib/deep.py", "lib/other.py", "lib/table.tsv", "more.py"],
        {"numpy": "job/map.py: line 1", "requests": "job/lib/deep.py: line 2"},
    ),
    (["job/space.py"], ["parts/one.py"], {}),
    (["job/deep.py"], ["deepns/a/mod.py"], {}),
    (["job/year.py"], [], {}),
    (["job/guarded.py"], [], {"yaml": "job/guarded.py: line 6"}),
    (["job/typed.py"], [], {"polars": "job/typed.py: line 5"}),
    (["job/late.py"], [], {"scipy": "job/late.py: line 2"}),
    (["job/toml.py"], [], {"tomllib": "job/toml.py: line 1"}),
    (["job/far.py"], ["shared.py"], {}),
]


@pytest.mark.parametrize("scripts, files, foreign", FOUND, ids=lambda value: str(value)[:30])
def test_found(scripts, files, foreign):
    found = find_modules(scripts, (3, 9), ["elsewhere"])
    assert sorted(found.files) == files
    assert found.foreign == foreign
    assert found.uses_package == (scripts == ["job/map.py"])


def test_a_newer_python_brings_more():
    assert find_modules(["job/toml.py"], (3, 11)).foreign == {}
    assert find_modules(["job/match.py"], (3, 10)).sources == ["job/match.py"]


def test_the_module_of_dash_m_is_needed(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path / "job")
    assert sorted(find_modules([], (3, 9), names=["lib.deep"]).files)[:2] == ["lib/__init__.py", "lib/deep.py"]


REFUSED = [
    (
        ["job/match.py"],
        r"job/match.py: line \d: Python 3.9 of the nodes cannot read this: .*; change it, or give .* --node-python",
    ),
    (["job/broken.py"], r"job/broken.py: line 1: invalid Python: .*; fix it"),
    (["job/nul.py"], r"job/nul.py.*: invalid Python: "),
    (["job/map.py", "other/red.py"], r"helpers.py: has the same module name as job/helpers.py; rename one"),
]


@pytest.mark.parametrize("scripts, message", REFUSED, ids=lambda value: str(value)[:30])
def test_refused(scripts, message):
    with pytest.raises(DataError, match=message):
        find_modules(scripts, (3, 9))
