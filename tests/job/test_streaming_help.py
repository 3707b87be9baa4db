"""The help on Hadoop Streaming's options names all that the command line takes."""

import pytest

from streamtools.job.command_line import STREAMING
from streamtools.job.streaming_help import OPTIONS_OF_HADOOP

RARE = {"mapdebug", "reducedebug", "additionalconfspec", "debug"}  # Hadoop's own help is silent about them, too


@pytest.mark.parametrize("option", sorted(set(STREAMING) - RARE))
def test_each_option_is_in_the_help(option):
    assert f"-{option} " in OPTIONS_OF_HADOOP.replace("\n", " ")
