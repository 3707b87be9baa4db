"""Job: what a user's file makes, fills with functions, and runs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

from streamtools.api.definition import Definition
from streamtools.api.main import main
from streamtools.api.st_run_options import REDUCES, command_line
from streamtools.errors import StreamtoolsError

if TYPE_CHECKING:
    from streamtools.api.result import Result
    from streamtools.api.run import Inputs, Path


class Job(Definition):
    """A map-reduce job made of functions.

    line, key, value: types of the mapper's lines, and of the keys and values between mapper and reducer: str, bytes,
    int, float, the module json, or a tuple of these. out: types of the reducer's key and value, if they differ.
    group: number of key fields that make a group; the others only sort. reduces: number of reduce tasks. conf:
    properties of Hadoop. files: paths to ship. on_error: "fail" or "skip" for a record that does not parse.

    Raises UsageError for values that cannot be.
    """

    def command_line(self, words: Sequence[str] = ()) -> list[str]:
        """Return the options of st-run that this job stands for. words: further ones, and values of the job's options.

        Raises UsageError for invalid options.
        """
        return command_line(self, words)

    def run(
        self,
        inputs: Inputs,
        output: Path | None = None,
        *,
        reduces: int | None = None,
        options: Mapping[str, object] | None = None,
        conf: Mapping[str, object] | None = None,
        jobs: int | None = None,
        memory: int | str = "512M",
        overwrite: bool = False,
        progress: bool | None = None,
        work_dir: Path | None = None,
    ) -> Result:
        """Run the job here and now, and return its pairs and counters.

        inputs: paths, or texts as -input takes them: patterns, lists with commas. output: a directory that appears when
        the job has succeeded; without it the part files go with the result. reduces, conf: over those of the job.
        options: values of the job's options, by their names in `job.options`. jobs: tasks at a time, as many as there
        are cores. memory: of all tasks together. overwrite: replace the output of an earlier job. progress: True or
        False for bars; None for bars where they can be seen. work_dir: for intermediate data.

        The functions run in forked processes as they stand, with all that they refer to; what they change, the caller
        does not see. Raises JobFailed with the record and the traceback if one of them fails, and StreamtoolsError
        before any work for what cannot be.
        """
        from streamtools.api.run import How, run_job

        settings = dict(conf or {})
        if reduces is not None:
            settings[REDUCES] = reduces
        try:
            with self.options.given(options or {}):
                return run_job(self, inputs, output, How(jobs, memory, overwrite, progress, work_dir), settings)
        except StreamtoolsError as error:
            raise error.with_traceback(None) from None  # the frames below are ours, and tell the user nothing

    def main(self, argv: Sequence[str] | None = None) -> NoReturn:
        """Do what the command line says, map, combine, reduce or run, and end the process."""
        sys.exit(main(self, sys.argv[1:] if argv is None else argv))
