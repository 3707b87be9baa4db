"""Where programs of a cluster's client are installed on this machine: the hadoop command, the streaming jar, gcloud."""

import glob
import os
import shutil
from collections.abc import Mapping

from streamtools.errors import UnavailableError

HOMES = ("STREAMTOOLS_HADOOP_HOME", "HADOOP_HOME", "HADOOP_MAPRED_HOME", "HADOOP_PREFIX", "HADOOP_INSTALL")
USUAL_HOMES = ("/usr/lib/hadoop-mapreduce", "/opt/hadoop", "/usr/local/hadoop", "/usr/lib/hadoop")
JARS = (  # where distributions put the streaming jar, below the home of Hadoop
    "share/hadoop/tools/lib/hadoop-streaming-*.jar",
    "hadoop-streaming*.jar",
    "contrib/streaming/hadoop-*streaming*.jar",
    "lib/hadoop-mapreduce/hadoop-streaming*.jar",
)


def find_program(name: str, search: str | None = None) -> str:
    """Return the path of a program. Raises UnavailableError if it is not on PATH."""
    if found := shutil.which(name, path=search):
        return found
    is_hadoop = os.path.basename(name) == "hadoop"
    remedy = "give its path with --hadoop, or set HADOOP_HOME" if is_hadoop else "install it"
    raise UnavailableError(name, "not found on PATH", f"{remedy}; without --on the job runs here")


def hadoop_command(given: str) -> str:
    """Return the hadoop command. given: the value of --hadoop, a command or a home; "" to look in the usual variables.

    Without a home that has the command it is `given`, or `hadoop`, to be found on PATH.
    """
    homes = [given] if given else [os.environ[name] for name in HOMES if os.environ.get(name)]
    for home in homes:
        if os.path.isfile(command := os.path.join(home, "bin", "hadoop")):
            return command
    return given or "hadoop"


def find_jar_beside(hadoop: str) -> str:
    """Return the streaming jar for a home of Hadoop or a hadoop command, else as `find_jar`; "" to look everywhere."""
    if not hadoop:
        return find_jar(os.environ)
    path = os.path.realpath(hadoop)
    home = path if os.path.isdir(path) else os.path.dirname(os.path.dirname(path))
    return find_jar({"STREAMTOOLS_HADOOP_HOME": home, **os.environ})


def find_jar(environment: Mapping[str, str]) -> str:
    """Return the streaming jar below a home of Hadoop, the one with the shortest path. Raises UnavailableError."""
    if jar := environment.get("HADOOP_STREAMING_JAR"):
        return jar
    homes = [environment[name] for name in HOMES if environment.get(name)] + list(USUAL_HOMES)
    for home in homes:
        found = [path for pattern in JARS for path in glob.glob(os.path.join(home, pattern))]
        found = [path for path in found if "sources" not in path and "test" not in os.path.basename(path)]
        if found:
            return min(found, key=lambda path: (len(path), path))
    raise UnavailableError("hadoop-streaming.jar", "not found", "set HADOOP_HOME or HADOOP_STREAMING_JAR")
