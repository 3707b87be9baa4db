"""A job: everything that Hadoop Streaming's command line says, interpreted and checked once.

argv --parse--> CommandLine --build_job--> Job     (immutable; the local engine and the clusters' launchers read it)
"""

from streamtools.job.build import build_job
from streamtools.job.command_line import CommandLine, parse
from streamtools.job.job import STDOUT, Job, Stage
from streamtools.job.misspelt import explain_words
from streamtools.job.properties import Properties
from streamtools.job.refusal import Refused, launch_refused
from streamtools.job.shipped import Shipped

__all__ = [
    "STDOUT", "CommandLine", "Job", "Properties", "Refused", "Shipped", "Stage", "build_job", "explain_words",
    "launch_refused", "parse",
]  # fmt: skip
