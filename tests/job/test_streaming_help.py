"""The help text of Hadoop Streaming's command line."""

import pytest

from streamtools.job.command_line import STREAMING, SUBCOMMANDS
from streamtools.job.streaming_help import OPTIONS_OF_HADOOP

RARE = {"debug", "mapdebug", "reducedebug", "additionalconfspec"}  # accepted, and not worth a line


@pytest.mark.parametrize("option", sorted(set(STREAMING) - RARE))
def test_an_option_is_in_the_help(option):
    assert f"-{option} " in OPTIONS_OF_HADOOP.replace("\n", " ")


def test_sub_commands_are_in_the_help():
    assert all(f"{name} " in OPTIONS_OF_HADOOP for name in SUBCOMMANDS if name != "streamjob")
