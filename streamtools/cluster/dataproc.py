"""A job for Dataproc: the `gcloud dataproc jobs submit hadoop` command, which brings the files there itself."""

from collections.abc import Sequence

from streamtools.errors import UsageError

JAR = "file:///usr/lib/hadoop-mapreduce/hadoop-streaming.jar"  # where Dataproc's images have it
OPTIONS = {"-files": "--files", "-archives": "--archives", "-libjars": "--jars"}

MARKS = ",;|@~%"  # what may part properties: one that none of them has


def argv(words: Sequence[str], cluster: str, region: str = "") -> list[str]:
    """The command for a job given by the words that follow `hadoop jar JAR`.

    Raises UsageError for what only a client with Hadoop's files could do, or a value that gcloud's lists cannot hold.
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
        raise UsageError(rest[0], "is for a client beside the cluster", "write -D NAME=VALUE")
    if renamed := [item for values in ours.values() for item in values if "#" in item]:
        raise UsageError(renamed[0], "gcloud ships files under their own names only", "leave out # and the link")
    command = ["gcloud", "dataproc", "jobs", "submit", "hadoop", f"--cluster={cluster}"]
    command += [f"--region={region}"] if region else []
    command += [f"{option}={','.join(values)}" for option, values in ours.items() if values]
    if properties:
        mark = next((mark for mark in MARKS if not any(mark in text for text in properties)), "")
        if not mark:
            raise UsageError("-D", f"has all of {MARKS} in its values, and gcloud parts them by one", "leave one out")
        command.append(f"--properties={'' if mark == ',' else f'^{mark}^'}{mark.join(properties)}")
    return [*command, "--class=org.apache.hadoop.streaming.HadoopStreaming", "--", *rest]
