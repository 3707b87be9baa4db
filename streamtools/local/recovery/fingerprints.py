"""Digests of all that the output of a task depends on, so that --resume knows which tasks still hold."""

import hashlib
import os
from collections.abc import Mapping, Sequence

from streamtools import __version__
from streamtools.files import files_below
from streamtools.inputs.stamps import Stamp, stamp_file, stamp_inputs
from streamtools.job import Job, Stage
from streamtools.local.input.split import Split
from streamtools.local.recovery.program_files import find_program_files
from streamtools.local.stages.program import find_program

NOT_OF_RESULTS = ("mapreduce.map.maxattempts", "mapreduce.reduce.maxattempts", "mapreduce.job.name")


def map_fingerprints(
    job: Job,
    splits: Sequence[Split],
    search_path: str,
    seed: int | None,
    stamps: Mapping[str, tuple[Stamp, ...]] | None = None,
) -> list[str]:
    """Return for each map task a digest of all that its output depends on.

    search_path: where programs are found. stamps: those of the inputs, taken now if they were not before.
    """
    stamps = stamp_inputs(split.path for split in splits) if stamps is None else stamps
    shared = digest(*_common(job, search_path, seed), job.mapper, _files(job.mapper, search_path))
    return [digest(shared, split, stamps[split.path]) for split in splits]


def reduce_fingerprint(job: Job, of_maps: Sequence[str], search_path: str, seed: int | None) -> str:
    """Return a digest of all that the output of a reduce task depends on. of_maps: the digests of the map tasks."""
    return digest(
        *_common(job, search_path, seed), job.reducer, _files(job.reducer, search_path), job.output_format, *of_maps
    )


def job_fingerprint(job: Job, search_path: str, seed: int | None) -> str:
    """Return a digest of all that the output of a job depends on, except what its inputs hold."""
    stages = [(stage, _files(stage, search_path)) for stage in (job.mapper, job.reducer)]
    return digest(*_common(job, search_path, seed), *stages, job.output_format, job.inputs)


def digest_inputs(paths: Sequence[str]) -> str:
    """Return a digest of what changes when input files or directories of this machine are changed."""
    return digest(*((path, _stamps(path)) for path in paths))


def _common(job: Job, search_path: str, seed: int | None) -> tuple[object, ...]:
    given = sorted(item for item in job.properties.given.items() if item[0] not in NOT_OF_RESULTS)
    shipped = [(item, _stamps(item.path)) for item in job.shipped]
    packed = [(name, _stamps(name)) for name in job.packed]
    combiner = (job.combiner, _files(job.combiner, search_path)) if job.combiner else None
    how = (job.reduces, job.partitioner, job.input_format, seed)
    return __version__, given, job.environment, shipped, packed, combiner, *how


def _files(stage: Stage, search_path: str) -> list[tuple[str, object]]:
    """Return the files that a command is made of, with their stamps."""
    if not stage.is_command:
        return []
    program = find_program(stage.text, search_path)
    return [(name, stamp_file(name)) for name in find_program_files(program.words, program.path)]


def _stamps(path: str) -> object:
    """Return the stamp of a file, or those of all files in a directory."""
    return [stamp_file(name) for name in files_below(path)] if os.path.isdir(path) else stamp_file(path)


def digest(*parts: object) -> str:
    """Return a digest of what some values look like."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()
