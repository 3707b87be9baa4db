"""Handing a job over to a cluster, or showing how that would be done."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from streamtools.cluster.script_checks import check_scripts, check_tools, find_odd, find_unshipped
from streamtools.cluster.shipment.needs import Needs, find_needs
from streamtools.cluster.shipment.staging import shipped_modules, stage
from streamtools.errors import UsageError
from streamtools.job import STDOUT, Job
from streamtools.launch.place import ClusterOptions, Handed, Place, Say
from streamtools.scratch.directories import scratch_directory
from streamtools.terminal import show


def submit(job: Job, where: str, options: ClusterOptions, say: Say, *, dry_run: bool = False) -> Handed:
    """Hand a job over to the place `where`: hadoop, emr or dataproc.

    dry_run: print to stdout how it would be handed over.
    """
    if job.output == STDOUT:
        raise UsageError(
            "--stdout", f"not supported with --on {where}", "give -output, and read it with hadoop fs -cat"
        )
    needs = _find_needs(job, options)
    place = _find_place(where)
    place.check(options)
    for warning in (*find_odd(job, needs), *find_unshipped(job, needs)):
        say(str(warning))
    if dry_run and not options.stage:
        check_scripts(job, needs, _promised_modules(needs))
        _show(place, job, needs, options, "")
        return Handed(0)
    with _staging_folder(options.stage) as folder:
        check_scripts(job, needs, shipped_modules(needs, folder))
        if dry_run:
            _show(place, job, needs, options, folder)
            return Handed(0)
        return place.hand_over(job, needs, options, folder, say)


def describe(job: Job, where: str, options: ClusterOptions) -> str:
    """Return how a job would be handed over. Raises StreamtoolsError for scripts that the nodes could not run."""
    needs = _find_needs(job, options)
    check_scripts(job, needs, _promised_modules(needs))
    return _find_place(where).describe(job, options, stage(needs, "", dry=True))


def _find_needs(job: Job, options: ClusterOptions) -> Needs:
    """Return what a job needs on the nodes. Raises UsageError for wrong options of our own tools."""
    needs = find_needs(job, options.nodes)
    if options.parse:
        check_tools(job, needs, options.parse)
    return needs


def _find_place(where: str) -> Place:
    if where == "hadoop":
        from streamtools.launch import on_hadoop

        return on_hadoop
    if where == "emr":
        from streamtools.launch import on_emr

        return on_emr
    from streamtools.launch import on_dataproc

    return on_dataproc


def _show(place: Place, job: Job, needs: Needs, options: ClusterOptions, folder: str) -> None:
    """Print how a job would be handed over. What is shipped is written to `folder`, "" to write nothing."""
    shipment = stage(needs, folder, dry=not folder)
    show(place.describe(job, options, shipment))


def _promised_modules(needs: Needs) -> set[str]:
    """Return the modules that --python-env will bring, as far as that is known without fetching it."""
    if os.path.isfile(needs.nodes.environment):
        return set(needs.modules.foreign)
    return shipped_modules(needs, "")


@contextmanager
def _staging_folder(given: str) -> Iterator[str]:
    """Yield the directory for what is shipped: the given one, or a temporary one."""
    if given:
        os.makedirs(given, exist_ok=True)
        yield given
        return
    with scratch_directory("submit") as folder:
        yield folder
