"""Passwords of encrypted archives: asked for, and tried, before a job starts, not when its first task has failed."""

import os
from collections.abc import Callable

from streamtools.formats.hadoop_codecs import find_format
from streamtools.inputs.codecs import SEVENZIP
from streamtools.inputs.locations import is_remote
from streamtools.job import Job, launch_refused
from streamtools.local.input.splits import find_files


def check_passwords(job: Job, ask: Callable[[str], str | None]) -> None:
    """Try the password of each encrypted archive that a job reads; ask for one that is missing or wrong.

    ask: takes the path of an archive, returns its password, None if there is nobody to ask. What it returns is the
    password from then on. Raises Refused if there is none, or a wrong one.
    """
    for path in find_files(job):
        if find_format(path) == SEVENZIP and not is_remote(path):
            _check(path, ask)


def _check(path: str, ask: Callable[[str], str | None]) -> None:
    from streamtools.inputs.sevenzip.password_check import find_problem
    from streamtools.inputs.sevenzip.passwords import remember

    while problem := find_problem(path):
        given = ask(os.path.basename(path))
        if not given:
            raise launch_refused(f"{path}: {problem.problem}", problem.remedy)
        remember(given)
