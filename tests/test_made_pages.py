"""The pages that are made from the examples and from --help are up to date; `make pages` makes them anew."""

import made_pages
import pytest

from streamtools.launch.examples import find_example

PAGES = made_pages.make_pages()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_is_up_to_date(path):
    assert path.read_text() == PAGES[path]


def test_the_core_of_an_example_is_its_jobs_functions_and_flow():
    core = made_pages.core_of(find_example("most-used-word"))
    assert "count = Job(" in core and "@count.map\ndef words" in core and core.endswith("flow = steps(count, most)")
    assert "import" not in core and "__main__" not in core


def test_names_for_the_core_are_those_of_the_example():
    for example, names in made_pages.CORE.items():
        core = made_pages.core_of(find_example(example))
        assert [
            name for name in names if not any(each in core for each in (f"def {name}(", f"{name} = ", f'"{name}"'))
        ] == []


def test_a_text_has_links_to_examples_and_options_as_code():
    text = made_pages.mark("see top-n, or give --resume to st-run; `st-run --plan` too", ["top-n", "mean"])
    assert text == "see [top-n](#top-n), or give `--resume` to `st-run`; `st-run --plan` too"


def test_a_long_command_is_folded():
    command = "st-run -input in -output out -mapper 'st-map words' -combiner st-combine -reducer " + "r" * 30
    assert made_pages.fold(command) == command.replace(" -reducer", " \\\n    -reducer")
    assert made_pages.fold("st-run -input in") == "st-run -input in"


def test_every_command_and_stage_has_a_section():
    page = PAGES[made_pages.GUIDE / "commands.md"]
    assert {"## st-cat", "## st-run", "### st-map fields", "### st-reduce top"} <= set(page.split("\n"))
