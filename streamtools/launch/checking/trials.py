"""The job, run over a sample: as it is, without its combiner, and with the values of each key in another order."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from tempfile import TemporaryFile

from streamtools.job import STDOUT, CommandLine, Job, build_job
from streamtools.job.properties import REDUCES
from streamtools.launch.checking.lines import judge, judge_stderr, read_printed
from streamtools.launch.combiner_check import Difference, describe, first_difference
from streamtools.launch.planning.measurement import UNCUT
from streamtools.local import Console, Outcome, Settings, run
from streamtools.local.counters import FRAMEWORK
from streamtools.local.reporting.failures import Failure
from streamtools.local.reporting.history import UNEVEN, AttemptRecord, skew
from streamtools.scripts.commands import runs_script
from streamtools.scripts.finding import Finding

SEED = 1  # of another order of values


@dataclass(frozen=True)
class Trials:
    """How a job is run over the files of a directory. line: the job; tasks: least numbers of map and reduce tasks."""

    line: CommandLine
    settings: Settings
    directory: str
    tasks: tuple[int, int]

    def try_all(self, job: Job) -> Iterator[Finding]:
        """Run the job in all ways that tell something of it; yield what is found. A run that fails is the last one."""
        findings: list[Finding] = []
        if job.mapper.is_command and job.properties.map_output.io_format == "text":
            findings = list(self._try_mapper(job))
            yield from findings
            if any(finding.is_fatal for finding in findings):
                return
        if job.reduces:
            yield from self._try_job(any("on stderr" in finding.problem for finding in findings))

    def measure(self) -> float:
        """Return for how many seconds the job runs."""
        began = time.monotonic()
        self._run(self.line, lambda _parts: None)
        return time.monotonic() - began

    def _try_mapper(self, job: Job) -> Iterator[Finding]:
        """Run the mapper alone, its lines taken as they are."""
        line = self.line.without_option("numReduceTasks").without_option("combiner").without_option("outputformat")
        line = line.with_property(REDUCES, "0").with_property("stream.map.output", "keyonlytext")
        found: list[Finding] = []
        stream = job.properties.map_output

        def look(parts: Sequence[str]) -> None:
            printed = read_printed(parts, stream.separator, stream.key_fields)
            if job.reduces:
                found.extend(judge(printed, is_script=job.reducer.is_command and runs_script(job.reducer.text)))

        trial = self._run(line, look)
        if trial.failure:
            yield trial.failure
            return
        yield from found
        yield from judge_stderr(trial.stderr, len(trial.outcome.history.attempts), "-mapper")

    def _try_job(self, is_noisy: bool) -> Iterator[Finding]:
        """Run the job, and, as long as its part files are there, in other ways. is_noisy: the mapper uses stderr."""
        found: list[Finding] = []
        separator = build_job(self._at_sample(self.line)).properties.output.separator

        def compare(parts: Sequence[str]) -> None:
            found.extend(self._compare(parts, separator))

        trial = self._run(self.line, compare)
        if trial.failure:
            yield trial.failure
            return
        yield from found
        if not is_noisy:
            yield from judge_stderr(trial.stderr, len(trial.outcome.history.attempts), "-reducer")
        counters, history = trial.outcome.counters, trial.outcome.history
        has_merged = counters[FRAMEWORK, "Combine input records"] > counters[FRAMEWORK, "Combine output records"]
        if self.line.has("combiner") and not has_merged and not any(each.place == "-combiner" for each in found):
            yield from replace(self, directory=_double_lines(self.directory)).try_combiner(separator)
        uneven = skew(history)
        if uneven and uneven > UNEVEN and counters[FRAMEWORK, "Reduce input groups"] > 1:
            problem = f"the fullest reducer got {uneven:.1f} times the mean of the sample"
            yield Finding("-reducer", problem, "use a combiner, or a key that spreads the records", is_wrong=False)

    def _compare(self, parts: Sequence[str], separator: bytes) -> Iterator[Finding]:
        """Yield how other runs differ from the one that made these part files."""
        shuffled = replace(self.settings, shuffle_values=SEED)
        other = self._differ(self.line, shuffled, parts, separator)
        if isinstance(other, Difference):
            problem = f"relies on the order of the values: {_tell(other, 'as they came', 'in another order')}"
            yield Finding("-reducer", problem, "sort them: --secondary-sort, or in the reducer")
        if self.line.has("combiner"):
            yield from self._compare_combiner(parts, separator)

    def try_combiner(self, separator: bytes) -> Iterator[Finding]:
        """Run the job with its combiner and without; yield how the results differ."""
        found: list[Finding] = []
        self._run(self.line, lambda parts: found.extend(self._compare_combiner(parts, separator)))
        yield from found

    def _compare_combiner(self, parts: Sequence[str], separator: bytes) -> Iterator[Finding]:
        """Yield how a run without the combiner differs from the one that made these part files."""
        other = self._differ(self.line.without_option("combiner"), self.settings, parts, separator)
        if isinstance(other, Difference):
            remedy = (
                "it must not change what the reducer makes of a key, however often it is run; to count, add up ones"
            )
            yield Finding("-combiner", f"changes the result: {_tell(other, 'with it', 'without')}", remedy)
        elif isinstance(other, Finding):
            yield Finding("-combiner", "the job fails without it", "a job must not rely on one being run")

    def _differ(
        self, line: CommandLine, settings: Settings, parts: Sequence[str], separator: bytes
    ) -> Difference | Finding | None:
        """Return how the result of another run differs from part files; the failure if it fails."""
        found: list[Difference | None] = []

        def compare(others: Sequence[str]) -> None:
            found.append(first_difference(parts, others, separator, rounds=True))

        trial = self._run(line, compare, settings)
        return trial.failure or found[0]

    def _run(
        self, line: CommandLine, deliver: Callable[[Sequence[str]], None], settings: Settings | None = None
    ) -> _Trial:
        """Run a job over the sample; what it writes to stderr is kept from the user's."""
        job = build_job(self._at_sample(line), least_tasks=(0, self.tasks[1]))
        failures: list[Failure] = []
        console = Console(say=lambda _text: None, failed=failures.append)
        settings = replace(settings or self.settings, console=console, is_inspected=True)
        with TemporaryFile() as log:
            with stderr_to(log.fileno()):
                outcome = run(job, settings, deliver)
            log.seek(0)
            stderr = log.read().splitlines()
        failure = None if outcome.succeeded else _find_failure(outcome.history.attempts, failures)
        return _Trial(outcome, stderr, failure)

    def _at_sample(self, line: CommandLine) -> CommandLine:
        line = line.with_option("input", self.directory).with_option("output", STDOUT)
        return line.with_property("mapreduce.input.fileinputformat.split.minsize", str(UNCUT))


@dataclass(frozen=True)
class _Trial:
    """A run over the sample. stderr: its lines; failure: why it failed, None if it did not."""

    outcome: Outcome
    stderr: Sequence[bytes]
    failure: Finding | None


def _double_lines(directory: str) -> str:
    """Return a directory with the files of another, each line twice, so that each key comes twice in a map task."""
    doubled = f"{directory}-doubled"
    os.mkdir(doubled)
    for entry in os.scandir(directory):
        with open(entry.path, "rb") as file, open(os.path.join(doubled, entry.name), "wb") as copy:
            copy.writelines(line for one in file for line in (one, one if one.endswith(b"\n") else b"\n" + one))
    return doubled


def _find_failure(attempts: Sequence[AttemptRecord], failures: Sequence[Failure]) -> Finding:
    """Return the finding of a job that failed on the sample: why its first task did, with its last word on stderr."""
    attempt = next((each for each in attempts if each.problem), None)
    if attempt is None or attempt.problem is None:
        return Finding("", "the job fails on a sample", "run it over a part of its input", is_fatal=True)
    last = next((word.strip() for word in reversed(attempt.problem.last_words) if word.strip()), "")
    reason = attempt.problem.reason.partition(" failed: ")[2] or attempt.problem.reason  # without a place in the sample
    problem = f"fails on a sample: {reason}{last and f': {last}'}".replace("\n", " ")
    advice = failures[0].advice if failures else ""
    return Finding("-mapper" if attempt.is_map else "-reducer", problem, advice, is_fatal=True)


def _tell(difference: Difference, one: str, other: str) -> str:
    _, left, right = difference
    key = (left or right).key  # type: ignore[union-attr]  # one of them is there
    return f"key {key.decode('utf-8', 'backslashreplace')!a}: {describe(left)} {one}, {describe(right)} {other}"


@contextmanager
def stderr_to(descriptor: int) -> Iterator[None]:
    """Write this process's stderr, and that of all its children, to an open file."""
    sys.stderr.flush()
    kept = os.dup(2)
    os.dup2(descriptor, 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
