"""The local engine: runs a job on this machine as Hadoop Streaming would.

input -> stages -> shuffle -> stages -> output, joined by tasks; recovery, reporting, scheduler and engine above
"""

from streamtools.local.engine import Outcome
from streamtools.local.run_job import run
from streamtools.local.settings import Console, Settings

__all__ = ["Console", "Outcome", "Settings", "run"]
