"""The program of a command: where it is looked for, and why it cannot be started."""

import pytest

from streamtools.local.stages.program import NotRunnable, check, find_program


def make(path, text="#!/bin/sh\n", mode=0o755):
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_working_directory_comes_before_the_search_path(folder):
    beside, elsewhere = make(folder / "tool"), make(folder / "bin/tool")
    assert find_program("tool 'a b'", str(elsewhere.parent))[:2] == (["tool", "a b"], str(beside))
    beside.unlink()
    assert find_program("tool", str(elsewhere.parent)).path == str(elsewhere)
    elsewhere.unlink()
    assert find_program("tool", str(elsewhere.parent)).path is None


def test_a_program_in_the_working_directory_is_made_executable(folder):
    path = make(folder / "tool", mode=0o644)
    find_program("tool", "")
    assert path.stat().st_mode & 0o777 == 0o755


def test_an_absolute_path_is_taken_as_it_is(folder):
    path = make(folder / "bin/tool")
    assert find_program(str(path), "").path == str(path)
    assert find_program(f"{path}-2", "").path is None


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("", "the command is empty"),
        ("nosuch", "ship it with -files nosuch"),
        ("nosuch | cat", "a pipe needs a shell"),
        ("./none/x", "check the path"),
        ("dos", "CR LF"),
        ("lost", "/no/such/interpreter"),
        ("FOLDER/bin/plain", "error=13, Permission denied; chmod \\+x"),
    ],
)
def test_what_cannot_be_started(folder, command, message):
    make(folder / "dos", "#!/bin/sh\r\n")
    make(folder / "lost", "#!/no/such/interpreter\n")
    make(folder / "bin/plain", "x", mode=0o644)
    with pytest.raises(NotRunnable, match=message):
        check("mapper", command.replace("FOLDER", str(folder)), "")


MENDED = {  # name -> its content, its mode; what runs it, and what is said
    "x.py": ("print(1)\n", 0o755, ["python3"], "has no #! line; python3 runs it"),
    "y.py": ("#!/usr/bin/env python3\n", 0o644, ["python3"], "error=13, Permission denied; python3 runs it"),
    "z.py": ("#!/usr/bin/python -u\r\nx\r\n", 0o755, ["python3", "-u"], "its first line ends in CR LF; python3 runs"),
    "lost.py": ("#!/no/such/python\n", 0o755, ["python3"], "missing interpreter '/no/such/python'; python3 runs it"),
    "lost": ("#!/no/such/python3 -u\n", 0o755, ["python3", "-u"], "missing interpreter"),
    "mark.py": ("\ufeff#!/usr/bin/env python3\n", 0o755, ["python3"], "begins with a byte order mark; python3 runs it"),
    "run": ("#!/bin/sh -e\n", 0o644, ["/bin/sh", "-e"], "error=13, Permission denied; sh runs it"),
    "mark": ("\ufeffecho\n", 0o755, [], "begins with a byte order mark, so a shell runs it"),
    "bare": ("echo 1\n", 0o755, [], "has no #! line, so a shell runs it"),
    "good": ("#!/bin/sh\n", 0o755, [], ""),
    "empty": ("", 0o755, [], ""),
}


@pytest.mark.parametrize("name", MENDED)
def test_what_cannot_run_by_itself_is_run_by_its_interpreter_as_on_a_cluster(folder, name):
    text, mode, interpreter, remark = MENDED[name]
    path = make(folder / "bin" / name, text, mode)
    make(folder / "search/python3")
    program = check("mapper", str(path), str(folder / "search"))
    assert [word.removeprefix(f"{folder}/search/") for word in program.interpreter] == interpreter
    assert program.remark[0].startswith(remark) and bool(program.remark[0]) == bool(remark)


@pytest.mark.parametrize("name, line", [("count", "#!/usr/bin/env python3"), ("list", "#!/bin/sh")])
def test_the_line_that_a_script_lacks(folder, name, line):
    make(folder / "count", "import sys\nfor line in sys.stdin:\n    print(line)\n")
    make(folder / "list", "while read x; do echo $x; done\n")
    assert check("mapper", name, "").remark[1] == f"put {line} first"


def test_a_change_of_the_mode_is_told(folder):
    make(folder / "tool", mode=0o644)
    assert check("mapper", "tool", "").remark[0] == "was not executable; it is now, as Hadoop makes it"
    assert check("mapper", "tool", "").remark[0] == ""
