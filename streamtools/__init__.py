"""streamtools: map, sort and reduce streams of records, here and on Hadoop.

Jobs are written with `from streamtools import Job, steps, repeat, step`, which are imported on first use.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamtools.api.flow import repeat as repeat
    from streamtools.api.flow import step as step
    from streamtools.api.flow import steps as steps
    from streamtools.api.job import Job as Job

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name == "Job":
        from streamtools.api.job import Job

        return Job
    if name in ("repeat", "step", "steps"):
        from streamtools.api import flow

        return getattr(flow, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
