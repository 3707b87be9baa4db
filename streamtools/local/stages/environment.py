"""The environment of a task's commands: every property of the job, and where the task is."""

import os
import re
from collections.abc import Mapping

from streamtools.inputs.locations import is_remote
from streamtools.java import class_names
from streamtools.job import Job
from streamtools.job.properties.configuration import user_name
from streamtools.job.properties.input import INPUT
from streamtools.job.properties.output import OUTPUT

UNFIT = re.compile(r"[^A-Za-z0-9]")
FORMER = {  # present name -> old name that tasks still see
    "mapreduce.task.attempt.id": "mapred.task.id",
    "mapreduce.task.id": "mapred.tip.id",
    "mapreduce.job.id": "mapred.job.id",
    "mapreduce.task.ismap": "mapred.task.is.map",
    "mapreduce.task.partition": "mapred.task.partition",
    "mapreduce.task.output.dir": "mapred.work.output.dir",
    "mapreduce.cluster.local.dir": "mapred.local.dir",
    "mapreduce.job.user.name": "user.name",
    "mapreduce.map.input.file": "map.input.file",
    "mapreduce.map.input.start": "map.input.start",
    "mapreduce.map.input.length": "map.input.length",
    "mapreduce.job.skiprecords": "mapred.skip.on",
}
IO_CLASSES = {  # -io format -> what the names of its Java classes begin with
    "text": "Text", "keyonlytext": "KeyOnlyText", "rawbytes": "RawBytes", "typedbytes": "TypedBytes",
}  # fmt: skip


def job_properties(job: Job, maps: int, work: str) -> dict[str, str]:
    """Return all properties of a job as its tasks see them, except those of a single task."""
    links = [f"file:{os.path.abspath(item.path)}" for item in job.shipped if not item.is_archive]
    folders = ",".join(path if is_remote(path) else f"file:{os.path.abspath(path)}" for path in job.inputs)
    return {
        **job.properties,
        "mapreduce.job.maps": str(maps),
        "mapreduce.job.reduces": str(job.reduces),
        "mapreduce.job.user.name": user_name(),
        "mapreduce.cluster.local.dir": work,
        "mapreduce.job.working.dir": f"file:{os.getcwd()}",
        f"{INPUT}.inputdir": folders,
        f"{OUTPUT}.outputdir": job.output if job.output == "-" else f"file:{os.path.abspath(job.output)}",
        **({"mapreduce.job.cache.local.files": ",".join(links)} if links else {}),
        "mapred.input.format.class": job.input_format,
        "mapred.output.format.class": class_names.LAZY_OUTPUT if job.is_lazy else job.output_format,
        "stream.addenvironment": " ".join(["HADOOP_ROOT_LOGGER=", *job.command_line.all("cmdenv")]),
        **_given_classes(job),
        **_stream_classes(job),
    }


def _given_classes(job: Job) -> dict[str, str]:
    """Return the Java classes that the client sets for what its options name; one of its own runs a command."""
    stages = {"mapper": job.mapper, "combiner": job.combiner, "reducer": job.reducer if job.reduces else None}
    found = {
        f"mapred.{role}.class": f"{class_names.STREAMING}Pipe{role.capitalize()}" if stage.is_command else stage.text
        for role, stage in stages.items()
        if stage and (stage.is_command or job.command_line.one(role) not in (None, "NONE"))
    }
    if job.mapper.is_command:
        found["mapred.map.runner.class"] = f"{class_names.STREAMING}PipeMapRunner"
    if job.command_line.one("partitioner"):
        found["mapred.partitioner.class"] = job.partitioner
    return found


def _stream_classes(job: Job) -> dict[str, str]:
    """Return the Java classes that write to a command and read from it."""
    found = {}
    properties = job.properties
    for stream in (properties.map_input, properties.map_output, properties.reduce_input, properties.reduce_output):
        side = stream.name.rpartition(".")[2]
        role = "writer" if side == "input" else "reader"
        found[f"stream.{stream.name}.{role}.class"] = (
            f"{class_names.STREAMING}io.{IO_CLASSES[stream.io_format]}{side.capitalize()}{role.capitalize()}"
        )
    return found


def environment(job: Job, properties: Mapping[str, str], programs: str) -> dict[str, str]:
    """Return the environment of a task's commands: ours, then the properties, then -cmdenv.

    programs: directory that is added at the end of the PATH, "" for none.
    """
    limit = job.properties.tasks.environment_limit
    found = dict(os.environ)
    found["PATH"] = f"{found.get('PATH', os.defpath)}{os.pathsep}{programs}" if programs else found.get("PATH", "")
    former = {old: properties[name] for name, old in FORMER.items() if name in properties}
    for name, value in {**properties, **former}.items():
        found[UNFIT.sub("_", name)] = value if limit < 0 else value[:limit]
    found["HADOOP_ROOT_LOGGER"] = ""
    found.update((name, value) for name, value in job.environment if name)
    found["TMPDIR"] = os.environ.get("TMPDIR", "/tmp")  # whatever -cmdenv says
    return found
