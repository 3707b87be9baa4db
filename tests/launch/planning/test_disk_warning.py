"""A run whose intermediate data will not fit the disk starts with a warning, and no other run does."""

import pytest

from streamtools.job import build_job, parse
from streamtools.launch.planning.disk_warning import warn
from streamtools.local import Console, Settings

SIZE = 200_000  # bytes of the input


@pytest.fixture
def warnings(folder):
    (folder / "in").write_bytes(b"".join(b"%09d\n" % number for number in range(SIZE // 10)))

    def call(free: int, *words: str, **settings) -> list[str]:
        said: list[str] = []
        job = build_job(parse(["-input", "in", "-output", "out", *words]))
        warn(job, Settings(console=Console(say=said.append), **settings), lambda _directory: free)
        assert [path.name for path in folder.iterdir() if path.name != "in"] in ([], ["tmp"])
        return said

    return call


def test_what_does_not_fit(warnings):
    (said,) = warnings(SIZE // 2, "-mapper", "cat", "-reducer", "cat")
    assert said.startswith("warning: the job needs about ") and "kB in " in said and "where 100 kB are free" in said
    assert "--work-dir" in said


@pytest.mark.parametrize(
    ("free", "words", "settings"),
    [
        pytest.param(SIZE + 1, ["-mapper", "false"], {}, id="more room than input: nothing is run"),
        pytest.param(SIZE // 2, ["-mapper", "head -n 1"], {}, id="a mapper that leaves little"),
        pytest.param(SIZE // 2, ["-mapper", "cat", "-reducer", "NONE"], {}, id="no reducers, no spills"),
        pytest.param(SIZE // 2, ["-mapper", "false"], {}, id="a mapper that fails will tell itself"),
        pytest.param(SIZE // 2, ["-mapper", "cat", "-input", "none"], {}, id="so does an input that is missing"),
        pytest.param(SIZE // 2, ["-mapper", "cat"], {"resume": True}, id="a run that goes on"),
    ],
)
def test_what_fits(warnings, free, words, settings):
    assert warnings(free, *words, **settings) == []
