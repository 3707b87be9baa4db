"""The combiner of a map task: a fresh command, or Java stand-in, for each partition of each spill."""

from collections.abc import Iterable, Iterator

from streamtools.formats.batch import Batch, count_records
from streamtools.formats.writables import Writable
from streamtools.job import Stage
from streamtools.local.counters import FRAMEWORK
from streamtools.local.shuffle.collector import Combiner
from streamtools.local.shuffle.safe_lines import escape, unescape_pairs
from streamtools.local.tasks.attempt import Attempt
from streamtools.local.tasks.stream import Stream, check_classes, reads_text, reduce_writer, run_command, sums_values


def make_combiner(attempt: Attempt, stage: Stage, key: Writable, value: Writable) -> Combiner:
    """Return the combiner of an attempt, for records of these classes."""

    def combine(blocks: Iterator[bytes]) -> Iterator[bytes]:
        for batch in _combine(attempt, stage, key, value, _count_input(attempt, blocks)):
            attempt.count(FRAMEWORK, "Combine output records", count_records(batch))
            if safe := escape(batch):
                yield safe

    return Combiner(combine, sums_values(attempt.runner, stage))


def _combine(
    attempt: Attempt, stage: Stage, key: Writable, value: Writable, blocks: Iterator[bytes]
) -> Iterator[Batch]:
    job = attempt.job
    if stage.is_command:
        stdin = map(reduce_writer(job, key, value), blocks)
        return check_classes(job, run_command(attempt.runner, "combiner", stage, stdin, is_text=reads_text(job)))
    from streamtools.standins import lookup

    stand_in = lookup.make_reducer(stage.text, job, key, value)
    batches = lookup.reduce_batches(stand_in, map(unescape_pairs, blocks))
    return check_classes(job, Stream(batches, stand_in.key_type, stand_in.value_type))


def _count_input(attempt: Attempt, blocks: Iterable[bytes]) -> Iterator[bytes]:
    for block in blocks:
        attempt.count(FRAMEWORK, "Combine input records", block.count(b"\n"))
        yield block
