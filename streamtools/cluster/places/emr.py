"""A job as a step of an EMR cluster: its files go to S3, the step runs `hadoop-streaming` there.

Needs boto3, the extra `aws`. Credentials, region and endpoint are found as boto3 finds them.
"""

import gzip
import os
import time
from collections.abc import Callable, Sequence
from typing import Any, TypedDict

from streamtools.errors import TransferError, UnavailableError, UsageError

SHIPPING = ("-files", "-archives", "-libjars")
EXIT_STATUS = {"COMPLETED": 0, "FAILED": 1, "CANCELLED": 1, "INTERRUPTED": 1}  # of a step's last state
POLL_SECONDS = 10.0
Place = Callable[[str, str], str]  # a local path, its name in the folder on S3 -> its URI


class Jar(TypedDict):
    """The program of a step."""

    Jar: str
    Args: list[str]


class Step(TypedDict):
    """A step, as EMR's AddJobFlowSteps takes it."""

    Name: str
    ActionOnFailure: str
    HadoopJarStep: Jar


def place_files(words: Sequence[str], place: Place) -> list[str]:
    """Return the words of a command line with each local path that they ship replaced by its URI.

    place: is called once for each path, with a different name for each. Raises UsageError for a configuration file,
    which the step cannot read.
    """
    result: list[str] = []
    names: dict[str, str] = {}
    for before, word in zip(["", *words], words):
        if before == "-conf":
            raise UsageError(f"-conf {word}", "not supported with --on emr: the step runs on another machine",
                             "write -D NAME=VALUE")  # fmt: skip
        ships = before in SHIPPING
        result.append(",".join(_place_item(item, place, names) for item in word.split(",")) if ships else word)
    return result


def _place_item(item: str, place: Place, names: dict[str, str]) -> str:
    path, mark, link = item.partition("#")
    if "://" in path:
        return item
    if path not in names:
        base = os.path.basename(os.path.normpath(path))
        same = sum(os.path.basename(name) == base for name in names.values())
        names[path] = f"{same + 1}/{base}" if same else base  # the last component is the name in the task
    return f"{place(path, names[path])}{mark}{link}"


def make_step(name: str, words: Sequence[str]) -> Step:
    """Return a step that runs a streaming job. words: the arguments of the streaming jar."""
    jar = Jar(Jar="command-runner.jar", Args=["hadoop-streaming", *words])
    return Step(Name=name, ActionOnFailure="CONTINUE", HadoopJarStep=jar)


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of s3://bucket/key. Raises UsageError."""
    scheme, mark, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme not in ("s3", "s3a", "s3n") or not mark or not bucket:
        raise UsageError(uri, "invalid S3 URI", "write --upload s3://BUCKET/FOLDER")
    return bucket, key.strip("/")


class Steps:
    """The steps of a cluster, and a folder on S3 for their files. Raises UnavailableError without boto3."""

    def __init__(self, cluster: str, folder: str) -> None:
        self.cluster = cluster
        self.bucket, key = split_uri(folder)
        self.key = f"{key}/{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}".lstrip("/")
        try:
            import boto3
        except ModuleNotFoundError:
            raise UnavailableError("--on emr", "needs boto3", "pip install 'streamtools[aws]'") from None
        self.emr, self.s3 = self._call(boto3.client, "emr"), self._call(boto3.client, "s3")

    def upload(self, path: str, name: str) -> str:
        """Upload a file to a name in the folder. Return its URI."""
        key = f"{self.key}/{name}"
        self._call(self.s3.upload_file, path, self.bucket, key)
        return f"s3://{self.bucket}/{key}"

    def add(self, step: Step) -> str:
        """Add a step to the cluster. Return its id."""
        answer = self._call(self.emr.add_job_flow_steps, JobFlowId=self.cluster, Steps=[step])
        step_id: str = answer["StepIds"][0]
        return step_id

    def wait(self, step_id: str, say: Callable[[str], object], every: float = POLL_SECONDS) -> int:
        """Wait for the end of a step, and say each new state. Return the exit status for the last one."""
        last = ""
        while True:
            answer = self._call(self.emr.describe_step, ClusterId=self.cluster, StepId=step_id)
            state: str = answer["Step"]["Status"]["State"]
            if state != last:
                say(f"step {step_id}: {state}")
                last = state
            if state in EXIT_STATUS:
                return EXIT_STATUS[state]
            time.sleep(every)

    def read_log(self, step_id: str) -> str:
        """Return what the step's client wrote to stderr; "" if the cluster keeps no logs, or not yet."""
        uri = self._call(self.emr.describe_cluster, ClusterId=self.cluster)["Cluster"].get("LogUri", "")
        if not uri:
            return ""
        bucket, key = split_uri(uri)
        name = f"{key}/{self.cluster}/steps/{step_id}/stderr.gz".lstrip("/")
        try:
            body: bytes = self.s3.get_object(Bucket=bucket, Key=name)["Body"].read()
            return gzip.decompress(body).decode("utf-8", "replace")
        except Exception:  # logs come some minutes late; the state of the step is known without them
            return ""

    def _call(self, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Return the result of a call to AWS. Raises TransferError with its message."""
        try:
            return call(*arguments, **named)
        except Exception as error:  # botocore makes most of its exception classes at run time
            text = " ".join(str(error).split())
            raise TransferError(self.cluster, f"AWS: {text}", "check --cluster, region and credentials") from error
