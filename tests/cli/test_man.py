"""Manual pages: what the help says, as roff."""

import re
import shutil
import subprocess

import click
import pytest

from streamtools.cli.man import RoffFormatter, command_of, escape, page_of, write_pages
from streamtools.cli.tools import TOOLS

ESCAPED = {
    "-k 1": r"\-k 1",
    "a\\b": r"a\eb",
    "'logs/*.gz'": r"\(aqlogs/*.gz\(aq",
    "`x` ~ ^": r"\(gax\(ga \(ti \(ha",
    ".hidden\nx .y\n.": "\\&.hidden\nx .y\n\\&.",
}


@pytest.mark.parametrize("text", ESCAPED)
def test_escapes(text):
    assert escape(text) == ESCAPED[text]


def test_the_parts_of_a_page():
    formatter = RoffFormatter()
    formatter.write_text("one\ntwo\n\n\b\nExample:\n  a | b\n\nlast")
    formatter.write_dl([("-k, --key", "the key"), ("--flag", "")])
    assert formatter.getvalue().split("\n") == [
        *("one two", ".PP", ".nf", "Example:", "  a | b", ".fi", ".PP", "last"),
        *(".TP", r"\fB\-k, \-\-key\fR", "the key", ".TP", r"\fB\-\-flag\fR", ""),
    ]


@pytest.mark.parametrize("tool", TOOLS)
def test_a_page_has_all_that_the_help_has(tool):
    """Nothing in it is taken for a request, and no backslash begins an escape that is not ours."""
    page = page_of(tool)
    assert page.startswith(rf'.TH "{tool.upper()}" 1'.replace("-", r"\-"))
    requests = set(re.findall(r"(?m)^\.(\w+)", page))
    assert requests <= {"TH", "SH", "SS", "PP", "TP", "nf", "fi", "sp"}
    assert not re.search(r"(?m)^'", page)
    assert set(re.findall(r"\\(?:f[A-Z]|\(..|.)", page)) <= {
        *(r"\-", r"\e", r"\&", r"\fB", r"\fR"),
        *(r"\(aq", r"\(ga", r"\(ha", r"\(ti", r"\(dq"),
    }
    command = command_of(tool)
    names = [name for param in command.params if isinstance(param, click.Option) for name in param.opts]
    stages = getattr(command, "commands", {}).items()
    names += [f"{tool} {name}" for name, stage in stages if not stage.hidden]
    assert [name for name in names if escape(name) not in page] == []


@pytest.mark.skipif(not shutil.which("mandoc"), reason="mandoc is not installed")
def test_mandoc_finds_nothing_wrong(tmp_path):
    write_pages(str(tmp_path))
    said = subprocess.run(["mandoc", "-T", "lint", *tmp_path.glob("*.1")], capture_output=True, text=True).stdout
    assert [line for line in said.splitlines() if "missing date" not in line] == []
