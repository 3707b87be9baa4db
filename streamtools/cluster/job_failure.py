"""The reason why a job failed, from the output of its client and its tasks."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from streamtools.cluster.failure_reasons import REASONS
from streamtools.exit_status import describe

FAILED_TASK = re.compile(r"Task Id : attempt(_\w+), Status : FAILED|due to: Task failed task(_\w+)")
APPLICATION = re.compile(r"Running job: job_(\d+_\d+)|Submitted application application_(\d+_\d+)")
LOG_OF = re.compile(r"^LogType: ?(\w+)", re.MULTILINE)
TRACEBACK = re.compile(r"^Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*(?:.+(?:\n|$))", re.MULTILINE)
IN_TASK = re.compile(r'"/[^"\n]*/(?:container_\w+|filecache/\d+)/')  # directories of YARN before a file's own name
CODE = re.compile(r"subprocess failed with code (\d+)")
NOISE = re.compile(r"^(log4j:|SLF4J:|WARNING: |\d{4}-\d\d-\d\d .* (INFO|WARN) |\d\d/\d\d/\d\d .* (INFO|WARN) )")
COMPLAINT = re.compile(r'^(?:Exception in thread "main" |\S+ \S+ ERROR [\w.]+: )(.*\S)', re.MULTILINE)
STACK_FRAME = re.compile(rb"\s+at [\w.$/<>]+\(|\t\.\.\. \d+ more")
KEPT_LINES = 20  # of a task's stderr, if it has no traceback
REMEDIES = {  # exit status -> what to try on a cluster
    127: "check that the nodes have the interpreter, and the programs that a script calls",
    137: "raise -D mapreduce.map.memory.mb",
    143: "YARN ends tasks that take too long or too much memory",
}


class Failure(NamedTuple):
    """A failed job: a one-line summary, and a Python traceback or the last lines of a task's stderr."""

    line: str
    details: str = ""


def find_application(output: str) -> str:
    """Return the id of the last application in a client's output, or ""."""
    match = None
    for match in APPLICATION.finditer(output):  # noqa: B007  # the last
        pass
    return f"application_{match[1] or match[2]}" if match else ""


def explain_status(code: int) -> str:
    """Return what the exit status of a task's command means, and what to try."""
    meaning = describe(code) or "it ended with an error of its own"
    return f"{meaning}; {REMEDIES[code]}" if code in REMEDIES else meaning


def explain_failure(client: str, logs: str = "") -> Failure:
    """Explain why a job failed. client: output of the job client; logs: the tasks' logs as `yarn logs` prints them."""
    attempt = FAILED_TASK.search(client)
    place = f"{_task_name(attempt[1] or attempt[2])} failed: " if attempt else "the job failed: "
    stderrs = list(split_logs(logs))
    reason = " ".join(_reasons(client, logs))
    if traceback := _task_traceback(stderrs or [client]):
        error = traceback.rpartition("\n")[2]
        return Failure(f"{place}{error}{reason and f'; {reason}'}", traceback)
    last_lines = ["\n".join(_own_lines(text)[-KEPT_LINES:]) for text in stderrs]
    details = next((text for text in last_lines if text.strip()), "")
    complaint = COMPLAINT.search(client)
    return Failure(f"{place}{reason or (complaint[1] if complaint else 'unknown reason; read its output')}", details)


def _task_traceback(texts: Iterable[str]) -> str:
    """Return the first traceback from a task's own file, else the first one, with the names of shipped files.

    When a job fails, YARN removes the directory of tasks that are about to start, and their Python fails as well.
    """
    found = list(filter(None, map(_find_traceback, texts)))
    chosen = next((text for text in found if IN_TASK.search(text)), found[0] if found else "")
    return IN_TASK.sub('"', chosen)


def _find_traceback(text: str) -> str:
    """Return the traceback in a text, with those of the exceptions that led to it."""
    found = list(TRACEBACK.finditer(text))
    return text[found[0].start() : found[-1].end()].rstrip("\n") if found else ""


def _reasons(client: str, logs: str) -> Iterator[str]:
    """Yield the first known reason, or the exit status of the command in words."""
    for text in (client, logs):
        for pattern, meaning in REASONS:
            if match := re.search(pattern, text):
                yield f"{match[0]}: {meaning}"
                return
        if match := CODE.search(text):
            yield f"the command ended with status {match[1]}: {explain_status(int(match[1]))}"
            return


def split_logs(logs: str) -> Iterator[str]:
    """Yield the stderr of each container in the output of `yarn logs`."""
    fields = LOG_OF.split(logs)
    for kind, text in zip(fields[1::2], fields[2::2]):
        if kind == "stderr":
            yield text.partition("LogContents:\n")[2].partition("\nEnd of LogType")[0] + "\n"


def _own_lines(text: str) -> list[str]:
    """Return the lines that Java's logging has not written."""
    return [line for line in text.split("\n") if line.strip() and not NOISE.match(line)]


def _task_name(attempt: str) -> str:
    """Return "map task 3, attempt 1," for "_1_0001_m_000003_1"."""
    kind, number, *again = attempt.split("_")[3:]
    name = f"{'map' if kind == 'm' else 'reduce'} task {int(number)}"
    return f"{name}, attempt {int(again[0])}," if again else name


def without_stack_frames(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of a client's output without the frames of Java stacks."""
    return (line for line in lines if not STACK_FRAME.match(line))
