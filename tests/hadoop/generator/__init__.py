"""Jobs generated from a seed: options, keys, separators, specs, codecs and bytes that a launcher may get wrong.

Each kind is a function that takes a source of chance and returns a job. Hadoop's answer to the jobs is determined: no
mixed data under a numeric comparator, no reducer that depends on the order of values. The jobs leave out what st-run
refuses on purpose where Hadoop goes on: unknown Java classes and codecs, a missing -conf file, a negative number of
reducers.
"""

from collections.abc import Callable
from random import Random

import scripts
from jobs import Job

from generator.command_line import LINES, line, usage
from generator.reading import formats, packed_splits, paths, wire, xml
from generator.shuffle import comparator, identity, partitioner, separators, spills
from generator.stages import (
    aggregate,
    counters,
    environment,
    failures,
    field_selection,
    java_classes,
    quoting,
    task_output,
    unread,
    word_count,
)

__all__ = ["KINDS", "LINES", "job", "line"]

KINDS: dict[str, Callable[[Random], Job]] = {
    make.__name__.replace("_", "-"): make
    for make in (
        *(identity, separators, partitioner, comparator, spills),
        *(word_count, aggregate, java_classes, field_selection),
        *(task_output, failures, unread, quoting, counters, environment),
        *(formats, wire, paths, xml, packed_splits),
        usage,
    )
}


def job(kind: str, seed: int) -> Job:
    """Generate the job of a kind from a seed; the same seed always gives the same job."""
    made = KINDS[kind](Random(f"{kind} {seed}"))
    made.name = f"{kind}:{seed}"
    made.files |= scripts.used(made.args)
    return made
