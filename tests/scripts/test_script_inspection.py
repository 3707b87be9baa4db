"""streamtools.scripts.inspection: what is wrong with a Python script is seen in its source."""

import os
import sys

import pytest

from streamtools.scripts.inspection import Inspector
from streamtools.scripts.interpreter import Interpreter

PYTHON = Interpreter(sys.executable, dict(os.environ))
WARNING, FATAL, REMARK = "warning", "fatal", "remark"
SOURCES = {  # source -> what is said of it, and how bad it is
    "for x in y:\n  print x\n": ("map.py: line 2: invalid Python: Missing parentheses", FATAL),
    "return 1\n": ("map.py: line 1: invalid Python: 'return' outside function", FATAL),
    "import nosuchmodule\n": ("map.py: line 1: imports nosuchmodule, which is not installed", FATAL),
    "import sys, nosuch.inside\n": ("imports nosuch, which", FATAL),
    "from nosuch import thing\n": ("imports nosuch, which", FATAL),
    "def late():\n    import nosuch\n": ("map.py: line 2: imports nosuch, which", WARNING),
    "try:\n    import nosuch\nexcept ImportError:\n    pass\n": ("", ""),
    "import sys\nsys.path.insert(0, 'lib')\nimport nosuch\n": ("", ""),
    "import util\n": ("util.py: line 1: imports nosuch, which", FATAL),
    "import pytest, streamtools\n": ("", ""),
    "import random\n": ("random.py: hides Python's own module random, which map.py needs; rename random.py", WARNING),
    "import tempfile\n": ("random.py: hides Python's own module random", WARNING),
    "import sys\n": ("", ""),
    "open('words.txt')\n": ("map.py: line 1: reads words.txt from your directory; tasks on a cluster need", REMARK),
    "open('nowhere.txt')\n": ("reads nowhere.txt, which is not here; ship it with -files nowhere.txt", WARNING),
    "open('log.txt', 'w'); open('log2.txt', mode='a')\n": ("", ""),
    "open('shipped.txt'); open('lib/x'); open('/etc/hosts')\n": ("", ""),
    "open('mass/part-00000')\nstep(rank, files={'mass': mass})\n": ("", ""),  # another step ships it
    "'\\d'\n": ("", ""),  # warned of by the script itself
}


@pytest.mark.parametrize("source", SOURCES)
def test_sources(folder, source):
    (folder / "map.py").write_text(source)
    (folder / "util.py").write_text("import nosuch\n")
    (folder / "random.py").write_text("def pick(): pass\n")
    (folder / "words.txt").write_text("a\n")
    found = list(Inspector(["shipped.txt", "lib/x"]).inspect("map.py", PYTHON))
    part, kind = SOURCES[source]
    assert [FATAL if each.is_fatal else WARNING if each.is_wrong else REMARK for each in found] == [kind] * bool(kind)
    assert not part or part in str(found[0])


def test_a_script_that_hides_the_module_it_imports(folder):
    (folder / "json.py").write_text("import json, sys\njson.loads('1')\n")
    (found,) = Inspector().inspect("json.py", PYTHON)
    assert str(found) == "json.py: hides Python's own module json, which json.py needs; rename json.py"


class AnotherPython(Interpreter):
    """Stands for a Python of another version: it takes `print x`, and has another error of its own."""

    is_ours = False
    is_of_our_version = False

    def find_syntax_error(self, script):
        with open(script) as file:
            return (1, "too new") if ":=" in file.read() else None


@pytest.mark.parametrize(
    ("source", "says"), [("print 1\n", ""), ("(x := 1)\n", "map.py: line 1: invalid Python: too new; /none/python2")]
)
def test_only_the_python_that_runs_a_script_refuses_it(folder, source, says):
    (folder / "map.py").write_text(source)
    found = list(Inspector().inspect("map.py", AnotherPython("/none/python2", {})))
    assert "".join(map(str, found)).startswith(says) and bool(found) == bool(says)


def test_another_python_is_asked(folder):
    """By a link of another place, which counts as another Python with its own libraries."""
    (folder / "python3").symlink_to(sys.executable)
    other = Interpreter(str(folder / "python3"), {"PATH": os.environ["PATH"]})
    (folder / "good.py").write_text("x = 1\n")
    (folder / "bad.py").write_text("x =\n")
    assert not other.is_ours
    assert other.find_syntax_error("good.py") is None
    line, problem = other.find_syntax_error("bad.py")
    assert line == 1 and "invalid syntax" in problem
    assert other.find_missing(["json", "nosuch", "good"], str(folder)) == ["nosuch"]
    assert "decimal" in other.find_loaded(["fractions"])
    assert Interpreter("/none/python3", {}).find_missing(["nosuch"], ".") == []  # no answer, no complaint
