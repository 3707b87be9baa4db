"""Why a job failed, in words, from what its client and its tasks have written."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

FAILED_TASK = re.compile(r"Task Id : attempt(_\w+), Status : FAILED|due to: Task failed task(_\w+)")
APPLICATION = re.compile(r"Running job: job_(\d+_\d+)|Submitted application application_(\d+_\d+)")
LOG_OF = re.compile(r"^LogType: ?(\w+)", re.MULTILINE)
TRACEBACK = re.compile(r"^Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*(?:.+(?:\n|$))", re.MULTILINE)
IN_TASK = re.compile(r'"/[^"\n]*/(?:container_\w+|filecache/\d+)/')  # what stands before a file's own name there
CODE = re.compile(r"subprocess failed with code (\d+)")
NOISE = re.compile(r"^(log4j:|SLF4J:|WARNING: |\d{4}-\d\d-\d\d .* (INFO|WARN) |\d\d/\d\d/\d\d .* (INFO|WARN) )")
COMPLAINT = re.compile(r'^(?:Exception in thread "main" |\S+ \S+ ERROR [\w.]+: )(.*\S)', re.MULTILINE)
REASONS = (  # a line of the client's or of a task's log, and what it means
    (r"beyond the '?(?:PHYSICAL|VIRTUAL)'? memory limit|running beyond (?:physical|virtual) memory",
     "YARN killed the task for the memory it took; give it more: -D mapreduce.map.memory.mb=N or reduce.memory.mb"),
    (r"Timed out after (\d+) secs",
     "the task read, wrote and said nothing for too long; have it write reporter:status:... to stderr, or raise "
     "-D mapreduce.task.timeout=MILLISECONDS"),
    (r'Cannot run program "([^"]*)".*error=2\b', "the nodes have no program of that name; ship it, or name another"),
    (r'Cannot run program "([^"]*)".*error=13\b', "it is not executable there; run it by its interpreter"),
    (r"Broken pipe", "the command ended before it had read all of its input; a filter has to read to the end"),
    (r"Connection refused", "HDFS or YARN does not answer; is the cluster running, is HADOOP_CONF_DIR right?"),
    (r"Output directory (\S+) already exists", "name another -output, or remove it: hadoop fs -rm -r DIR"),
    (r"Input path does not exist|Input Pattern \S+ matches 0 files", "check -input with hadoop fs -ls"),
    (r"File (?:does not exist: \S+|\S+ does not exist)", "check -files, -archives and -libjars with hadoop fs -ls"),
    (r"AccessControlException|Permission denied: user=", "the user has no right to that path on HDFS"),
    (r"Type mismatch in key from map", "without a -mapper command keys are offsets; give -mapper cat"),
)  # fmt: skip
CODES = {
    1: "it ended with an error of its own",
    2: "its arguments were wrong, or a shell met a syntax error",
    64: "wrong usage",
    65: "bad data",
    66: "an input was missing",
    69: "a program or library was missing",
    74: "reading or writing failed",
    126: "the command cannot be executed: no execute permission, or built for another machine",
    127: "a command was not found: the interpreter, or a program that a script calls, is not on the nodes",
    134: "it aborted (SIGABRT)",
    137: "it was killed (SIGKILL), most often for the memory it took; raise -D mapreduce.map.memory.mb",
    139: "it crashed (SIGSEGV), most often in a library of machine code",
    141: "its reader went away (SIGPIPE)",
    143: "it was told to end (SIGTERM), as YARN does with tasks that take too long or too much",
}


class Failure(NamedTuple):
    """What is told of a failed job: one line, then the task's own words (a Python traceback, or its last lines)."""

    line: str
    details: str = ""


def application(told: str) -> str:
    """The id of the application that a client's output is about, or ""."""
    match = None
    for match in APPLICATION.finditer(told):  # noqa: B007  # the last
        pass
    return f"application_{match[1] or match[2]}" if match else ""


def code_in_words(code: int) -> str:
    """An exit status of a task's command, explained."""
    if code in CODES:
        return CODES[code]
    return f"a signal ended it ({code - 128})" if 128 < code < 160 else "it ended with an error of its own"


def failure(client: str, logs: str = "") -> Failure:
    """Why a job failed, from its client's output and from the tasks' logs as `yarn logs` prints them."""
    attempt = FAILED_TASK.search(client)
    task = _task(attempt[1] or attempt[2]) if attempt else ""
    words = list(stderr_of(logs)) or [client]
    reason = " ".join(_reasons(client, logs))
    place = f"{task} failed: " if task else "the job failed: "
    if traceback := _traceback_of_a_task(words):
        error = traceback.rpartition("\n")[2]
        return Failure(f"{place}{error}{reason and f'; {reason}'}", traceback)
    own = ["\n".join(_own_lines(text)[-20:]) for text in words] if logs else []
    details = next((text for text in own if text.strip()), "")
    complaint = COMPLAINT.search(client)
    own_words = complaint[1] if complaint else "its client tells no reason that is known here"
    return Failure(f"{place}{reason or own_words}", details)


def _traceback_of_a_task(words: Iterable[str]) -> str:
    """The first traceback that comes from a file of a task, else the first one, with shipped files' own names.

    When a job fails, YARN takes the directory from under tasks that are about to start, and their Python dies, too.
    """
    found = list(filter(None, map(_traceback, words)))
    chosen = next((text for text in found if IN_TASK.search(text)), found[0] if found else "")
    return IN_TASK.sub('"', chosen)


def _traceback(text: str) -> str:
    """The traceback in a text, with those that led to it."""
    found = list(TRACEBACK.finditer(text))
    return text[found[0].start() : found[-1].end()].rstrip("\n") if found else ""


def _reasons(client: str, logs: str) -> Iterator[str]:
    """The first of the known reasons, and the exit status of the command in words."""
    for text in (client, logs):
        for pattern, meaning in REASONS:
            if match := re.search(pattern, text):
                yield f"{match[0]}: {meaning}"
                return
        if match := CODE.search(text):
            yield f"the command ended with status {match[1]}: {code_in_words(int(match[1]))}"
            return


def stderr_of(logs: str) -> Iterator[str]:
    """The stderr of each container in the output of `yarn logs`."""
    parts = LOG_OF.split(logs)
    for kind, text in zip(parts[1::2], parts[2::2]):
        if kind == "stderr":
            yield text.partition("LogContents:\n")[2].partition("\nEnd of LogType")[0] + "\n"


def _own_lines(text: str) -> list[str]:
    """Lines without those that Java's logging writes there."""
    return [line for line in text.split("\n") if line.strip() and not NOISE.match(line)]


def _task(attempt: str) -> str:
    """_1_0001_m_000003_1 -> "map task 3, attempt 1"."""
    kind, number, *again = attempt.split("_")[3:]
    told = f"{'map' if kind == 'm' else 'reduce'} task {int(number)}"
    return f"{told}, attempt {int(again[0])}," if again else told


def without_frames(lines: Iterable[bytes]) -> Iterator[bytes]:
    """A client's output without the frames of Java stacks."""
    frame = re.compile(rb"\s+at [\w.$/<>]+\(|\t\.\.\. \d+ more")
    return (line for line in lines if not frame.match(line))
