"""streamtools.local.stages.process: commands fed and read through pipes, and how they may end."""

import os
import time

import pytest

from streamtools.local.stages.process import CommandFailed, InputLeft, Rules, run
from streamtools.local.stages.program import NotRunnable, Program, find_program
from streamtools.local.stages.stderr import LONGEST_LINE, WholeLines


def run_command(command, stdin=(), rules=Rules(), stderr=None, environment=os.environ):  # noqa: B008  a tuple
    lines = stderr if stderr is not None else []
    program = find_program(command, os.environ["PATH"])
    return b"".join(run("mapper", program, environment, stdin, lines.extend, rules))


def test_blocks_go_in_and_chunks_come_out():
    blocks = [b"%d\n" % number * 100_000 for number in range(5)]
    assert run_command("cat", blocks) == b"".join(blocks)
    assert run_command("cat") == b""


def test_the_environment_is_the_one_given():
    assert run_command("sh -c 'echo $A'", environment={"A": "given"}) == b"given\n"


@pytest.mark.parametrize(
    ("printed", "lines"),
    [
        (r"a\nb\n", [b"a", b"b"]),
        (r"a\r\nb\rc", [b"a", b"b", b"c"]),
        (r"\n\n", [b"", b""]),
        ("", []),
    ],
)
def test_stderr_comes_by_lines(printed, lines):
    found = []
    run_command(f"sh -c 'printf \"{printed}\" >&2'", stderr=found)
    assert found == lines


@pytest.mark.parametrize(("size", "pieces"), [(1, 1), (1000, 3), (1 << 18, 2)])
def test_a_line_of_any_length_comes_in_pieces_and_only_its_first_may_count(size, pieces):
    text = b"short\nreporter:counter:a,b,1\r\n" + b"reporter:counter:a,b,1" * 100_000 + b"\rlast"
    found = []
    lines = WholeLines(found.extend)
    for start in range(0, len(text), size) if size > 1 else range(40):
        lines.add(text[start : start + size])
    if size == 1:
        lines.add(text[40:])
    lines.add(b"")
    assert found[:2] == [b"short", b"reporter:counter:a,b,1"] and found[-1] == b"last"
    long = found[2:-1]
    assert b"".join([long[0], *(piece.removeprefix(b"... ") for piece in long[1:])]) == text[30:-5]
    assert all(piece.startswith(b"... ") for piece in long[1:]) and len(long) == pieces


def test_chunks_without_an_end_of_line_are_joined_once_in_a_while():
    """Joined at each chunk, 100 MB took hours: every byte was copied 1,500 times."""
    taken = []
    lines = WholeLines(taken.extend)
    for _ in range(400):
        lines.add(b"x" * (1 << 16))
        assert sum(map(len, lines.unfinished)) <= LONGEST_LINE
    lines.add(b"")
    assert max(map(len, taken)) <= LONGEST_LINE + (1 << 16) + 4
    assert sum(piece.count(b"x") for piece in taken) == 400 << 16


@pytest.mark.parametrize(
    ("command", "status"), [("sh -c 'exit 3'", 3), ("sh -c 'kill -9 $$'", 137), ("sh -c 'kill -15 $$'", 143)]
)
def test_a_status_other_than_0_fails(command, status):
    with pytest.raises(CommandFailed, match=f"subprocess failed with code {status}") as caught:
        run_command(command)
    assert (caught.value.role, caught.value.status) == ("mapper", status)
    assert run_command(command, rules=Rules(any_status=True)) == b""


def test_input_left_unread_fails_from_hadoops_buffer_on():
    assert run_command("true", [b"x\n" * 100]) == b""
    with pytest.raises(InputLeft, match="ended without reading all its input"):
        run_command("true", [b"x\n" * 1_000_000])


@pytest.mark.parametrize(("enough", "is_allowed"), [(0, True), (1, True), (2, False)])
def test_it_may_be_left_once_enough_is_printed(enough, is_allowed):
    taken = []

    def blocks():
        for number in range(10):
            taken.append(number)
            yield b"x\n" * 100_000

    rules = Rules(enough_lines=enough)
    if is_allowed:
        assert run_command("head -n 1", blocks(), rules) == b"x\n"
        assert len(taken) == 10  # the rest was read, so that its records count
    else:
        with pytest.raises(InputLeft):
            run_command("head -n 1", blocks(), rules)


def test_no_sign_of_life_ends_it():
    start = time.monotonic()
    with pytest.raises(CommandFailed, match=r"no sign of life for 0\.5 seconds") as caught:
        run_command("sleep 60", rules=Rules(timeout=0.5))
    assert time.monotonic() - start < 30 and caught.value.status is None


def test_an_error_of_the_input_ends_it_and_comes_through():
    def blocks():
        yield b"a\n"
        raise ValueError("the input")

    with pytest.raises(ValueError, match="the input"):
        run_command("cat", blocks())


def test_a_script_without_an_interpreter_is_run_by_the_shell(tmp_path):
    script = tmp_path / "script"
    script.write_text("echo $0 $1\n")
    script.chmod(0o755)
    assert run_command(f"{script} word") == b"%s word\n" % str(script).encode()


def test_a_program_that_cannot_be_started():
    with pytest.raises(NotRunnable, match="error=2"):
        list(run("mapper", Program(["/nowhere"], "/nowhere"), {}, [], print, Rules()))
