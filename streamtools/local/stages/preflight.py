"""What can be known of a job's commands and scripts before their first task."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from streamtools.errors import NamelessInput, StreamtoolsError
from streamtools.job import Job, Stage
from streamtools.job.classes import JAVA_NAME
from streamtools.local.stages.program import NotRunnable, Program, check
from streamtools.local.stages.runner import Builtin
from streamtools.reporter import Reporter
from streamtools.scripts.commands import MARK, PYTHON, find_in_words, find_python_script, first_bytes, interpreter_in
from streamtools.scripts.finding import Finding

if TYPE_CHECKING:
    from streamtools.scripts.inspection import Inspector


def inspect_job(job: Job, environment: Mapping[str, str], sizes: Sequence[int], builtin: Builtin) -> list[Finding]:
    """Return what is wrong with the commands of a job, and what was mended.

    environment: of the commands. sizes: bytes of the input of each map task. Scripts are read once, and are not run.
    This imports the modules of our own tools, once for all tasks: 25 ms each.
    """
    inspection = _Inspection(job, environment, builtin)
    found: list[Finding] = []
    for role, stage in _stages(job, sizes):
        for finding in inspection.inspect(role, stage):
            if finding not in found:
                found.append(finding)
    return found


def _stages(job: Job, sizes: Sequence[int]) -> Iterator[tuple[str, Stage]]:
    """Yield the commands that will be run; a combiner is not where there are no records."""
    stages = [("mapper", job.mapper if sizes else None), ("combiner", job.combiner if any(sizes) else None)]
    stages.append(("reducer", job.reducer if job.reduces else None))
    yield from ((role, stage) for role, stage in stages if stage and stage.is_command)


class _Inspection:
    """Inspects the commands of a job; a script that two of them run is read once."""

    def __init__(self, job: Job, environment: Mapping[str, str], builtin: Builtin) -> None:
        self.environment, self.builtin = environment, builtin
        self.accepts_any_status = job.properties.tasks.may_exit_nonzero
        self.shipped = {item.link: item.path for item in job.shipped}
        self.shipped |= {os.path.basename(path): path for path in job.packed}
        self.search_path = environment.get("PATH", "")
        self.inspector: Inspector | None = None

    def inspect(self, role: str, stage: Stage) -> Iterator[Finding]:
        """Yield what is wrong with the command of a role."""
        try:
            program = check(role, stage.text, self.search_path)
        except NotRunnable as error:
            # what looks like a class Hadoop's client lets pass, too, and counts what the maps before it do
            is_class = role == "reducer" and JAVA_NAME.fullmatch(stage.text) is not None
            yield Finding.of_error(error)._replace(is_fatal=not is_class)
            return
        problem, remedy = program.remark
        if problem:
            yield Finding(program.words[0], problem, remedy)
        yield from find_in_words(f"-{role}", stage.text)
        try:
            is_builtin = self.builtin(program.words, program.path or "", Reporter()) is not None
        except NamelessInput:
            return
        except StreamtoolsError as error:
            yield self._allow_for_status(Finding.of_error(error, f"-{role}"))
            return
        if not is_builtin:  # which has read the file of a Job; what failed there is looked at here
            yield from map(self._allow_for_status, self._inspect_script(role, program))

    def _allow_for_status(self, finding: Finding) -> Finding:
        """Return a finding as a warning if the job accepts any exit status of its commands."""
        return finding._replace(is_fatal=finding.is_fatal and not self.accepts_any_status)

    def _inspect_script(self, role: str, program: Program) -> Iterator[Finding]:
        """Yield what is wrong with the Python script that a program is, or that it runs."""
        python, script = self._find_script(program)
        if not script:
            return
        if not os.path.exists(script):
            script = self.shipped.get(script, script)  # the links to them may not have been made yet
        if os.path.isdir(script):
            return
        if not os.path.exists(script):
            remedy = f"check the name, or ship it with -files {script}"
            yield Finding(f"-{role} {script}", "there is no such script", remedy, is_fatal=True)
            return
        from streamtools.scripts.inspection import Inspector
        from streamtools.scripts.interpreter import Interpreter

        self.inspector = self.inspector or Inspector([*self.shipped])
        yield from self.inspector.inspect(script, Interpreter(python, self.environment))

    def _find_script(self, program: Program) -> tuple[str, str]:
        """Return the path of a Python and of the script that it runs; two empty strings if a program is something else.

        Programs of the system are no scripts to look at.
        """
        path = program.path or ""
        if PYTHON.fullmatch(os.path.basename(program.words[0])):
            at = find_python_script(program.words)
            return (path, program.words[at]) if at else ("", "")
        if program.interpreter:
            name = program.interpreter[0]
            return (name, path) if PYTHON.fullmatch(os.path.basename(name)) else ("", "")
        if os.path.dirname(os.path.realpath(path)) in ("/bin", "/usr/bin"):
            return "", ""
        words = interpreter_in(first_bytes(path).removeprefix(MARK))
        if not (words and PYTHON.fullmatch(os.path.basename(words[0]))):
            return "", ""
        folders = self.search_path.split(os.pathsep)
        found = [words[0]] if os.path.isabs(words[0]) else [os.path.join(folder, words[0]) for folder in folders]
        return next((each for each in found if os.access(each, os.X_OK)), ""), path
