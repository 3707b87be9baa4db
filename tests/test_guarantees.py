"""The page of guarantees names tests that exist."""

import ast
import re

import pytest
from places import ROOT

PAGE = (ROOT / "streamtools/guide/guarantees.md").read_text()
ROWS = re.findall(r"^\| (?!promise |-)(.*) \| (.*) \|$", PAGE.replace("|---|---|", ""), re.MULTILINE)


def test_there_are_promises():
    assert len(ROWS) > 10


@pytest.mark.parametrize(("promise", "test"), ROWS, ids=[promise for promise, _ in ROWS])
def test_the_test_of_a_promise_exists(promise, test):
    path, _, name = test.strip("`").partition("::")
    tree = ast.parse((ROOT / path).read_text())
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_page_is_in_the_package():
    assert "guide/*.md" in (ROOT / "setup.cfg").read_text()
