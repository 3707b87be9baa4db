"""What the process of an attempt has taken."""

import sys
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

from streamtools.local.reporting.history import Usage


def measure_usage() -> Usage:
    """Return what this process, forked for an attempt, and the commands it has waited for took so far."""
    own, commands = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
    cpu = own.ru_utime + own.ru_stime + commands.ru_utime + commands.ru_stime
    return Usage(cpu, own.ru_maxrss * unit, commands.ru_maxrss * unit)
