"""The `hadoop jar ...` command line of a job: generic options first, then streaming ones, with their present names."""

from streamtools.cluster.shipment.staging import Shipment
from streamtools.job import Job
from streamtools.job.properties.configuration import renew_name

NOTHING = Shipment()
PRESENT_NAMES = {"cacheFile": "files", "cacheArchive": "archives"}


def argv(
    job: Job, hadoop: str = "hadoop", jar: str = "hadoop-streaming.jar", shipment: Shipment = NOTHING
) -> list[str]:
    """Return the command that runs a job on a cluster, with what is shipped beyond the job's own files."""
    return [hadoop, "jar", jar, *streaming_arguments(job, shipment)]


def streaming_arguments(job: Job, shipment: Shipment = NOTHING) -> list[str]:
    """Return the arguments of the streaming jar, which are the same for every kind of cluster."""
    return [*_generic_options(job, shipment), *_streaming_options(job, shipment)]


def file_system_options(job: Job) -> list[str]:
    """Return the generic options that select the file system of a job, for `hadoop fs`."""
    generic = [(name, value) for name, value in job.command_line.generic if name in ("conf", "fs")]
    generic += [("conf", path) for path in job.command_line.all("additionalconfspec")]
    generic += [("fs", value) for value in job.command_line.all("dfs")[:1]]
    generic += [
        ("D", f"{name}={value}") for name, value in job.properties.given.items() if name.startswith(("fs.", "dfs."))
    ]
    return [word for name, value in generic for word in (f"-{name}", value)]


def _generic_options(job: Job, shipment: Shipment) -> list[str]:
    """Return configuration files and properties in their order, then one option for each kind of shipped files."""
    line = job.command_line
    words = []
    for name, value in line.generic:
        if name in ("conf", "fs", "jt", "libjars", "tokenCacheFile"):
            words += [f"-{name}", value]
    for path in line.all("additionalconfspec"):
        words += ["-conf", path]
    if file_system := line.one("dfs"):
        words += ["-fs", file_system]
    properties = [value for name, value in line.generic if name == "D"] + [*line.all("jobconf")]
    properties += [f"{name}={value}" for name, value in shipment.properties if not job.properties.is_given(name)]
    for name, value in _last_assignments(properties).items():
        words += ["-D", f"{name}={value}"]
    for option, ours in (("files", shipment.files), ("archives", shipment.archives)):
        first = line.first(option)  # Hadoop takes the first of two
        items = [first] if first else []
        items += [value for old, new in PRESENT_NAMES.items() if new == option for value in line.all(old)]
        items += line.all("file") if option == "files" else []
        items += ours
        if items:
            words += [f"-{option}", ",".join(items)]
    return words


def _last_assignments(assignments: list[str]) -> dict[str, str]:
    """Return the properties by their present names, each at the position where it was last set."""
    found: dict[str, str] = {}
    for name, equals, value in (assignment.partition("=") for assignment in assignments):
        if equals:
            found.pop(renew_name(name), None)
            found[renew_name(name)] = value
    return found


def _streaming_options(job: Job, shipment: Shipment) -> list[str]:
    line = job.command_line
    words = []
    if (reduces := line.one("numReduceTasks")) and line.one("reducer") != "NONE":
        words += ["-numReduceTasks", reduces]
    for option in ("partitioner", "inputformat", "outputformat", "inputreader", "io"):
        if value := (option == "inputformat" and shipment.input_format) or line.one(option):
            words += [f"-{option}", value]
    for value in line.all("cmdenv"):
        words += ["-cmdenv", value]
    for name, value in shipment.environment:
        words += ["-cmdenv", f"{name}={value}"]
    for value in shipment.inputs or line.all("input"):
        words += ["-input", value]
    words += ["-output", job.output]
    for option in ("mapper", "combiner", "reducer"):
        if value := shipment.commands.get(option) or _stage_option(job, option):
            words += [f"-{option}", value]
    for option in ("mapdebug", "reducedebug"):
        if value := line.one(option):
            words += [f"-{option}", value]
    flags = ("lazyOutput", "background", "verbose", "debug")
    return words + [f"-{flag}" for flag in flags if line.has(flag)]


def _stage_option(job: Job, option: str) -> str | None:
    """Return the value of -mapper, -combiner or -reducer. A shipped file is called by its name in the task."""
    stage = {"mapper": job.mapper, "combiner": job.combiner, "reducer": job.reducer}[option]
    given = job.command_line.one(option)
    return stage.text if stage and stage.is_command and given else given
