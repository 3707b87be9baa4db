"""The local engine: runs a job on this machine as Hadoop Streaming would.

inputs -> splits -> map tasks -> shuffle -> reduce tasks -> part files -> _SUCCESS
"""

from streamtools.local.engine import Outcome, Settings, run

__all__ = ["Outcome", "Settings", "run"]
