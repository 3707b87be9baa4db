"""The pages are true: what they show is what their blocks print. tests/pages.py says how a page is written."""

import os
import re

import pages
import pytest
from places import BIN, ROOT

from streamtools.cli.st_run import st_run
from streamtools.cluster.failure_reasons import REASONS
from streamtools.errors import UnavailableError, UsageError
from streamtools.launch import guide

GUIDE = ROOT / "streamtools/guide"
README = (ROOT / "README.md").read_text()
every_page = pytest.mark.parametrize("path", pages.PAGES, ids=lambda path: path.stem)


@pytest.mark.timeout(300)
@every_page
def test_what_is_shown_is_what_is_printed(path, tmp_path, request):
    """`make golden` writes what is printed into the page."""
    kinds = {pages.CONSOLE, pages.PYTHON, pages.UNRUN, pages.FILE}
    answers = list(pages.run_blocks(path.read_text(), tmp_path, dict(os.environ), kinds))
    if request.config.getoption("--record"):
        pages.record(path, answers)
        return
    for answer in answers:
        if not answer.is_as_shown:
            assert answer.printed == answer.shown.content, f"{path.name}, line {answer.shown.line}"


@every_page
def test_links_lead_somewhere(path):
    assert pages.find_broken_links(path, path.read_text()) == []


@every_page
def test_the_readme_links_to_it(path):
    assert path.stem == "README" or f"](streamtools/guide/{path.name})" in README


@pytest.mark.parametrize("tool", sorted(path.name for path in BIN.glob("st-*")))
def test_every_tool_has_a_row_and_a_help_with_examples(tool, shell):
    assert f"| `{tool}" in README
    told = shell(f"{tool} --help").stdout.decode()
    assert "Example" in told and told.count(tool) > 1


@pytest.mark.parametrize("tool", ["st-map", "st-reduce", "st-combine"])
def test_every_name_of_a_library_is_in_the_guide(tool, shell):
    page = (GUIDE / "running.md").read_text()
    for line in shell(f"{tool} --list").stdout.decode().split("\n")[:-1]:
        assert f"`{line.split()[0]}`" in page


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in REASONS])
def test_every_message_of_a_cluster_that_is_explained_has_a_row(pattern):
    table = (GUIDE / "when-it-fails.md").read_text().partition("## On a cluster")[2]
    assert re.search(pattern, table)


PAGE = """# A page

Some words.

```python file=greet.py
GREETING = "hello"
```

```python
from greet import GREETING
name = "you"
print(GREETING)
```

```text
hello
```

```console
$ cat greet.py; echo a place: /tmp/x >&2
GREETING = "hello"
a place: /tmp/...
$ printf '1\\n2\\n3\\n' |
> cat
1
...
3
```

```python
print(name)
```

```text
me
```

```console cluster
$ false
```
"""


def answers_of(folder, *kinds):
    return list(pages.run_blocks(PAGE, folder, dict(os.environ), {pages.FILE, *kinds}))


def test_blocks_run_in_order(tmp_path):
    answers = answers_of(tmp_path, pages.CONSOLE, pages.PYTHON)
    assert [(answer.shown.line, answer.is_as_shown) for answer in answers] == [(16, True), (20, True), (35, False)]
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    pages.record(path, answers)
    assert path.read_text() == PAGE.replace("\nme\n", "\nyou\n")


def test_a_block_for_a_cluster_that_fails(tmp_path):
    assert [(answer.printed, answer.is_as_shown) for answer in answers_of(tmp_path, pages.CLUSTER)] == [
        ("$ false\nstatus 1\n", False)
    ]


def test_broken_links_are_found(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(
        "# A heading, `quoted`\n[a](#a-heading-quoted) [b](#b) [c](page.md#b) [d](no.md) [e](https://e.org)"
    )
    assert pages.find_broken_links(path, path.read_text()) == ["#b", "page.md#b", "no.md"]


# st-run --guide


def test_the_list_has_each_page_with_title_and_time(capsys):
    st_run.main(["--guide"], standalone_mode=False)
    listed = capsys.readouterr().out
    for page in guide.find_pages():
        assert re.search(rf"^{page.name} +{re.escape(page.title)} \({page.minutes} min\)$", listed, re.MULTILINE)
        assert page.title and f" {page.summary}\n" in listed and 20 < len(page.summary) < 160
    assert [f"{page.name}.md" for page in sorted(guide.find_pages(), key=lambda page: page.name)] == [
        path.name for path in pages.PAGES[1:]
    ]


@pytest.mark.parametrize("name", ["benchmarks", "benchmarks.md"])
def test_a_page_is_printed_where_there_is_no_terminal(name, capsys):
    st_run.main(["--guide", name], standalone_mode=False)
    assert capsys.readouterr().out == (GUIDE / "benchmarks.md").read_text() + "\n"


@pytest.mark.parametrize(
    "words, told",
    [
        ("--guide benchmark", "--guide benchmark: unknown page; did you mean 'benchmarks'"),
        ("--guide xyzzy", "use one of .*benchmarks"),
        ("--guide one two", "unexpected argument two"),
        ("--guide -input", "unexpected argument -input"),
    ],
)
def test_refused(words, told):
    with pytest.raises(UsageError, match=told):
        st_run.main(words.split(), standalone_mode=False)


def test_no_page_is_listed_where_nothing_is_installed(monkeypatch):
    monkeypatch.setattr(guide, "HOME", "/nonexistent/streamtools.pyz/streamtools/guide")
    with pytest.raises(UnavailableError, match="pip install streamtools"):
        guide.find_pages()
