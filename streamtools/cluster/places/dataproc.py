"""A job on Dataproc: the `gcloud dataproc jobs submit hadoop` command, which uploads the files itself."""

from collections.abc import Sequence

from streamtools.errors import UsageError

JAR = "file:///usr/lib/hadoop-mapreduce/hadoop-streaming.jar"  # its place in Dataproc's images
OPTIONS = {"-files": "--files", "-archives": "--archives", "-libjars": "--jars"}
DELIMITERS = ",;|@~%"  # of properties: the first that occurs in none of them is taken


def dataproc_argv(words: Sequence[str], cluster: str, region: str = "") -> list[str]:
    """Return the gcloud command for a job. words: the arguments of the streaming jar.

    Raises UsageError for options that only a client with Hadoop's files supports, and for values that gcloud's lists
    cannot hold.
    """
    ours = {"--jars": [JAR], "--files": [], "--archives": []}
    properties: list[str] = []
    rest = list(words)
    while rest and rest[0] in (*OPTIONS, "-D"):
        option, value, *rest = rest
        if option == "-D":
            properties.append(value)
        else:
            ours[OPTIONS[option]] += value.split(",")
    if rest[:1] and rest[0] in ("-conf", "-fs", "-jt", "-tokenCacheFile"):
        raise UsageError(rest[0], "not supported with --on dataproc", "write -D NAME=VALUE")
    if renamed := [item for values in ours.values() for item in values if "#" in item]:
        raise UsageError(renamed[0], "gcloud ships files under their own names only", "leave out # and the link")
    command = ["gcloud", "dataproc", "jobs", "submit", "hadoop", f"--cluster={cluster}"]
    command += [f"--region={region}"] if region else []
    command += [f"{option}={','.join(values)}" for option, values in ours.items() if values]
    if properties:
        command.append(f"--properties={_join_properties(properties)}")
    return [*command, "--class=org.apache.hadoop.streaming.HadoopStreaming", "--", *rest]


def _join_properties(properties: Sequence[str]) -> str:
    """Join properties as gcloud's option takes them: `a=1,b=2`, or `^;^a=1,2;b=3` with another delimiter."""
    mark = next((mark for mark in DELIMITERS if not any(mark in text for text in properties)), "")
    if not mark:
        problem = f"the values contain all of {DELIMITERS}, and gcloud needs one as a delimiter"
        raise UsageError("-D", problem, "leave one out")
    return f"{'' if mark == ',' else f'^{mark}^'}{mark.join(properties)}"
