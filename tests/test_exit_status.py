"""Exit statuses in words."""

import pytest

from streamtools.exit_status import describe

DESCRIBED = [
    (0, ""),
    (1, ""),
    (65, "bad data"),
    (127, "a command was not found"),
    (136, "killed by SIGFPE"),
    (137, "killed (SIGKILL), most often for lack of memory"),
    (200, ""),
    (255, ""),
]


@pytest.mark.parametrize(("status", "words"), DESCRIBED)
def test_descriptions(status, words):
    assert describe(status) == words
