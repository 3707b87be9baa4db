"""The `hadoop jar ...` command line of a job: generic options first, then streaming ones, old spellings renewed."""

import glob
import os
from collections.abc import Mapping

from streamtools.cluster.shipping import Shipment
from streamtools.errors import UnavailableError
from streamtools.job import Job
from streamtools.job.properties.configuration import renew_name

NOTHING = Shipment()

SEARCHED = (  # where distributions put the streaming jar, below the home of Hadoop
    "share/hadoop/tools/lib/hadoop-streaming-*.jar",
    "hadoop-streaming*.jar",
    "contrib/streaming/hadoop-*streaming*.jar",
    "lib/hadoop-mapreduce/hadoop-streaming*.jar",
)
HOMES = ("STREAMTOOLS_HADOOP_HOME", "HADOOP_HOME", "HADOOP_MAPRED_HOME", "HADOOP_PREFIX", "HADOOP_INSTALL")
USUAL = ("/usr/lib/hadoop-mapreduce", "/opt/hadoop", "/usr/local/hadoop", "/usr/lib/hadoop")
NEW_SPELLING = {"cacheFile": "files", "cacheArchive": "archives"}


def argv(
    job: Job, hadoop: str = "hadoop", jar: str = "hadoop-streaming.jar", shipment: Shipment = NOTHING
) -> list[str]:
    """The words of the command that runs a job on a cluster, with what is shipped beyond the job's own files."""
    return [hadoop, "jar", jar, *words(job, shipment)]


def words(job: Job, shipment: Shipment = NOTHING) -> list[str]:
    """The words that follow the jar, which are the same for every kind of cluster."""
    return [*_generic(job, shipment), *_streaming(job, shipment)]


def file_system(job: Job) -> list[str]:
    """The generic options that say which file system a job is about, for `hadoop fs`."""
    generic = [(name, value) for name, value in job.command_line.generic if name in ("conf", "fs")]
    generic += [("conf", path) for path in job.command_line.all("additionalconfspec")]
    generic += [("fs", value) for value in job.command_line.all("dfs")[:1]]
    generic += [
        ("D", f"{name}={value}") for name, value in job.properties.given.items() if name.startswith(("fs.", "dfs."))
    ]
    return [word for name, value in generic for word in (f"-{name}", value)]


def _generic(job: Job, shipment: Shipment) -> list[str]:
    """Configuration files and properties in their order, then what is shipped, in one option each."""
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
    for name, value in _last_of_each(properties).items():
        words += ["-D", f"{name}={value}"]
    for option, ours in (("files", shipment.files), ("archives", shipment.archives)):
        first = line.first(option)  # of two the first counts, as for Hadoop itself
        items = [first] if first else []
        items += [value for old, new in NEW_SPELLING.items() if new == option for value in line.all(old)]
        items += line.all("file") if option == "files" else []
        items += ours
        if items:
            words += [f"-{option}", ",".join(items)]
    return words


def _last_of_each(assignments: list[str]) -> dict[str, str]:
    """Properties by their present names, each at the place where it was last set."""
    found: dict[str, str] = {}
    for name, equals, value in (assignment.partition("=") for assignment in assignments):
        if equals:
            found.pop(renew_name(name), None)
            found[renew_name(name)] = value
    return found


def _streaming(job: Job, shipment: Shipment) -> list[str]:
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
        if value := shipment.commands.get(option) or _command(job, option):
            words += [f"-{option}", value]
    for option in ("mapdebug", "reducedebug"):
        if value := line.one(option):
            words += [f"-{option}", value]
    flags = ("lazyOutput", "background", "verbose", "debug")
    return words + [f"-{flag}" for flag in flags if line.has(flag)]


def _command(job: Job, option: str) -> str | None:
    """The option as it was given, but a file that is shipped is called by the name it has in the task."""
    stage = {"mapper": job.mapper, "combiner": job.combiner, "reducer": job.reducer}[option]
    given = job.command_line.one(option)
    return stage.text if stage and stage.is_command and given else given


def find_jar(environment: Mapping[str, str]) -> str:
    """The streaming jar below the home of Hadoop, the one with the shortest path; raises UnavailableError."""
    if jar := environment.get("HADOOP_STREAMING_JAR"):
        return jar
    homes = [environment[name] for name in HOMES if environment.get(name)] + list(USUAL)
    for home in homes:
        found = [path for pattern in SEARCHED for path in glob.glob(os.path.join(home, pattern))]
        found = [path for path in found if "sources" not in path and "test" not in os.path.basename(path)]
        if found:
            return min(found, key=lambda path: (len(path), path))
    raise UnavailableError("hadoop-streaming.jar", "not found", "set HADOOP_HOME or HADOOP_STREAMING_JAR")
