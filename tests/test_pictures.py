"""The pictures of the guide are those that `make pictures` makes, and small; their commands print what they show."""

import re
import xml.etree.ElementTree as ElementTree

import pictures
import pytest
import terminal_session
from terminal_session import Answer, lay_out, render

from streamtools.launch.guide import HOME

DIAGRAMS = pictures.draw_all()
FOR_README = "first-minutes.svg"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", DIAGRAMS)
def test_a_diagram_is_up_to_date(name):
    assert (pictures.PICTURES / name).read_text() == DIAGRAMS[name]


def test_the_session_shows_what_its_commands_print(tmp_path):
    """It runs all of them again."""
    assert (pictures.PICTURES / "first-minutes.svg").read_text() == pictures.record_session(tmp_path)


def test_all_pictures_are_small_and_shown_in_the_guide():
    assert sum(path.stat().st_size for path in pictures.PICTURES.iterdir()) < 300_000
    text = "".join(path.read_text() for path in pictures.PICTURES.parent.glob("*.md"))
    assert [path.name for path in pictures.PICTURES.iterdir() if f"pictures/{path.name})" not in text] == [FOR_README]


def test_a_session_is_laid_out_in_the_order_of_time():
    long = "x" * (terminal_session.COLUMNS + 1)
    lines = list(lay_out([Answer("why", "one", "a\tb\n"), Answer("", "two", f"{long}\n\n")]))
    assert [line.text for line in lines] == ["# why", "$ one", "a       b", "$ two", long[:-1], "x", ""]
    assert [line.starts for line in lines] == sorted(line.starts for line in lines)


def test_a_session_is_drawn_line_by_line():
    picture = render(list(lay_out([Answer("", "cat < in | head", "1 & 2\n")])), "A <title>")
    texts = [element.text for element in ElementTree.fromstring(picture).iter(f"{SVG}text")]
    assert texts == ["$ cat < in | head", "1 & 2"] and re.search(r"steps\(17\) 0.50s", picture)


@pytest.mark.parametrize("name", DIAGRAMS)
def test_texts_stay_inside_of_a_diagram(name):
    """A character is taken to be as wide as two thirds of its height, more than most are."""
    root = ElementTree.fromstring(DIAGRAMS[name])
    for element in root.iter(f"{SVG}text"):
        width = 8 * len(element.text or "") * (0.5 if "middle" in element.attrib["class"] else 1)
        assert float(element.attrib["x"]) + width <= float(root.attrib["width"])


def test_the_pictures_lie_beside_the_pages():
    assert str(pictures.PICTURES.parent) == HOME
