"""streamtools: map, sort and reduce streams of records, here and on Hadoop.

Jobs are written with `from streamtools import Job`, which is imported on first use.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamtools.api.job import Job as Job

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name == "Job":
        from streamtools.api.job import Job

        return Job
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
