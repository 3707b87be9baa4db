"""streamtools.local.stages.preflight: what is wrong with commands is known before the first task."""

import os
import shutil
import sys

import pytest
from attempts import make_job

from streamtools.cli.library import find_builtin
from streamtools.local.stages.preflight import inspect_job
from streamtools.local.stages.runner import no_builtin
from streamtools.stage import InProcessStage

ENVIRONMENT = {"PATH": f"{os.path.dirname(sys.executable)}:/usr/bin:/bin"}
PYTHON = "#!/usr/bin/env python3\n"


def inspect(*options, sizes=(1,), builtin=no_builtin):
    return inspect_job(make_job(*options), ENVIRONMENT, sizes, builtin)


@pytest.mark.parametrize(
    ("options", "sizes", "roles"),
    [
        (["-mapper", "cat", "-reducer", "cat"], [1], []),
        (["-mapper", "nowhere", "-reducer", "cat"], [1], ["-mapper"]),
        (["-mapper", "none1", "-combiner", "none2", "-reducer", "none3"], [1], ["-mapper", "-combiner", "-reducer"]),
        (["-mapper", "none1", "-combiner", "none2", "-reducer", "none3"], [0], ["-mapper", "-reducer"]),
        (["-mapper", "none1", "-combiner", "none2", "-reducer", "none3"], [], ["-reducer"]),
        (["-D", "mapreduce.job.reduces=0", "-mapper", "cat", "-reducer", "nowhere"], [1], []),
    ],
)
def test_roles_whose_tasks_would_fail(folder, options, sizes, roles):
    found = inspect(*options, sizes=sizes)
    assert [finding.place for finding in found] == roles
    assert all(finding.is_fatal and "error=2" in finding.problem for finding in found)


def test_our_own_tools_are_imported_already(folder):
    asked = []

    def builtin(words, path, reporter):
        asked.append(words)

    inspect("-mapper", "cat -u", "-reducer", "uniq", builtin=builtin)
    assert asked == [["cat", "-u"], ["uniq"]]


@pytest.mark.parametrize("role", ["mapper", "combiner", "reducer"])
def test_names_and_options_of_our_own_tools(folder, role):
    tool = shutil.which("st-combine")
    commands = {"mapper": "cat", "combiner": "cat", "reducer": "cat", role: f"{tool} summ"}
    options = [word for name, command in commands.items() for word in (f"-{name}", command)]
    builtin = find_builtin(os.path.dirname(tool))
    (found,) = inspect(*options, builtin=builtin)
    assert found.is_fatal and str(found).startswith(f"-{role} st-combine: No such command 'summ'")
    (found,) = inspect("-D", "stream.non.zero.exit.is.failure=false", *options, builtin=builtin)
    assert not found.is_fatal  # the job takes the command's status 64 for a success, and so does Hadoop


COMMANDS = {  # command -> what is said of it, and whether nothing runs
    "st-mpa words": ("did you mean st-map?", True),
    "cat | grep x": (
        "| is an argument of cat here, as no shell reads the command; a pipe needs a shell: bash -c",
        False,
    ),
    "grep '|'": ("", False),
    "bash -c 'cat | grep x'": ("", False),
    "sort > out": ("a redirection needs a shell", False),
    "grep \u2013v x": ("\u2013v begins with a dash from a web page; type -v", False),
    "grep \u201cx\u201d": ('\u201cx\u201d has a quote from a web page; type "x"', False),
    "python3 nosuch.py": ("-mapper nosuch.py: there is no such script; check the name, or ship it", True),
    "python3 -m json.tool": ("", False),
    "python3 -u -W ignore map.py": ("", False),
    "python3 broken.py": ("broken.py: line 2: invalid Python", True),
    "python3 tools": ("", False),  # a directory with a __main__.py
    "python3 tools.pyz": ("", False),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_commands(folder, command):
    (folder / "map.py").write_text(PYTHON)
    (folder / "broken.py").write_text(f"{PYTHON}print 'x'\n")
    (folder / "tools").mkdir()
    (folder / "tools.pyz").write_bytes(b"#!/usr/bin/env python3\nPK\3\4\x14\0\0\0")
    part, is_fatal = COMMANDS[command]
    found = inspect("-mapper", command)
    assert [finding.is_fatal for finding in found] == ([is_fatal] if part else [])
    assert not part or part in str(found[0])


def test_a_script_of_two_roles_is_read_and_told_once(folder):
    (folder / "both.py").write_text(f"{PYTHON}open('words.txt')\n")
    (folder / "both.py").chmod(0o755)
    (found,) = inspect("-mapper", "both.py map", "-reducer", "both.py reduce")
    assert found.place == "both.py: line 2"


def test_what_runs_in_the_tasks_process_needs_no_script(folder):
    def builtin(words, path, reporter):
        return InProcessStage(lambda blocks: iter(blocks))

    assert inspect("-mapper", "python3 nosuch.py", "-reducer", "cat", builtin=builtin) == []
