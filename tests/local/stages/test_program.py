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
    assert find_program("tool 'a b'", str(elsewhere.parent)) == (["tool", "a b"], str(beside))
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
        ("FOLDER/bin/plain", "chmod \\+x"),
    ],
)
def test_what_cannot_be_started(folder, command, message):
    make(folder / "dos", "#!/bin/sh\r\n")
    make(folder / "lost", "#!/no/such/interpreter\n")
    make(folder / "bin/plain", mode=0o644)
    with pytest.raises(NotRunnable, match=message):
        check("mapper", command.replace("FOLDER", str(folder)), "")
