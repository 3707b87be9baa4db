"""Imports of Python sources, found without running them."""

import ast

import pytest

from streamtools.python_imports import Import, find_imports

SOURCES = [
    ("import a, b.c as d\n", [Import("a", 1, False), Import("b.c", 1, False)]),
    ("from a.b import c\n", [Import("a.b", 1, False), Import("a.b.c", 1, True)]),
    ("from . import a\nfrom .b import c\n", []),
    ("def f():\n    import a\n", [Import("a", 2, False)]),
    ("try:\n    import a\nexcept ImportError:\n    import b\nelse:\n    import c\n",
     [Import("a", 2, True), Import("b", 4, True), Import("c", 6, False)]),
    ("try:\n    import a\nexcept OSError:\n    pass\nfinally:\n    import b\n",
     [Import("a", 2, False), Import("b", 6, False)]),
    ("try:\n    import a\nexcept (OSError, ImportError):\n    pass\n", [Import("a", 2, True)]),
    ("if typing.TYPE_CHECKING:\n    import a\nelse:\n    import b\n",
     [Import("a", 2, False, True), Import("b", 4, False)]),
    ("match x:\n    case 1:\n        import a\n", [Import("a", 3, False)]),
    ("with x:\n    for y in z:\n        import a\n    import b\n", [Import("a", 3, False), Import("b", 4, False)]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "found"), SOURCES)
def test_imports(source, found):
    assert list(find_imports(ast.parse(source))) == found


def test_long_sources_are_no_problem():
    source = "if a:\n    pass\n" + "elif a:\n    import b\n" * 90 + "x = " + "+".join("y" * 500) + "\n"
    assert len(list(find_imports(ast.parse(source)))) == 90


def test_the_top_name():
    assert Import("a.b.c", 1, False).top == "a"
