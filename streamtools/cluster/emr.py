"""A job as a step of an EMR cluster: what it ships goes to S3, the step runs `hadoop-streaming` there.

Needs boto3, the extra `aws`; credentials, region and endpoint are found as boto3 finds them.
"""

import gzip
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from streamtools.errors import TransferError, UnavailableError, UsageError

SHIPPING = ("-files", "-archives", "-libjars")
ENDED = {"COMPLETED": 0, "FAILED": 1, "CANCELLED": 1, "INTERRUPTED": 1}
EVERY = 10.0  # seconds between two looks at a step


def placed(words: Sequence[str], place: Callable[[str, str], str]) -> list[str]:
    """The words with each path of this machine that they ship replaced by what `place` makes of it.

    place: takes a path and the name that it has in the folder on S3, another one for each path.
    Raises UsageError for a configuration file, which the step could not read.
    """
    result: list[str] = []
    names: dict[str, str] = {}
    for before, word in zip(["", *words], words):
        if before == "-conf":
            raise UsageError(f"-conf {word}", "is a file of this machine, and the step runs on another", "write -D")
        result.append(",".join(_placed(item, place, names) for item in word.split(",")) if before in SHIPPING else word)
    return result


def _placed(item: str, place: Callable[[str, str], str], names: dict[str, str]) -> str:
    path, mark, link = item.partition("#")
    if "://" in path:
        return item
    if path not in names:
        base = os.path.basename(os.path.normpath(path))
        same = sum(os.path.basename(name) == base for name in names.values())
        names[path] = f"{same + 1}/{base}" if same else base  # the last part is what the task calls it
    return f"{place(path, names[path])}{mark}{link}"


def step(name: str, words: Sequence[str]) -> dict[str, Any]:
    """A step for EMR's AddJobFlowSteps."""
    jar = {"Jar": "command-runner.jar", "Args": ["hadoop-streaming", *words]}
    return {"Name": name, "ActionOnFailure": "CONTINUE", "HadoopJarStep": jar}


def parted(uri: str) -> tuple[str, str]:
    """Bucket and key of s3://bucket/key; raises UsageError."""
    scheme, mark, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme not in ("s3", "s3a", "s3n") or not mark or not bucket:
        raise UsageError(uri, "is no place on S3", "write --upload s3://BUCKET/FOLDER")
    return bucket, key.strip("/")


class Steps:
    """A cluster's steps, and a folder on S3 for what they need. Raises UnavailableError without boto3."""

    def __init__(self, cluster: str, folder: str) -> None:
        self.cluster = cluster
        self.bucket, key = parted(folder)
        self.key = f"{key}/{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}".lstrip("/")
        try:
            import boto3
        except ModuleNotFoundError:
            raise UnavailableError("--on emr", "needs boto3", "pip install 'streamtools[aws]'") from None
        self.emr, self.s3 = self.tried(boto3.client, "emr"), self.tried(boto3.client, "s3")

    def tried(self, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """The result of a call to AWS; raises TransferError with its words."""
        try:
            return call(*arguments, **named)
        except Exception as error:  # botocore's kinds, most made at run time
            told = " ".join(str(error).split())
            raise TransferError(self.cluster, f"AWS says: {told}", "check --cluster, region and credentials") from error

    def place(self, path: str, name: str) -> str:
        """Put a file on S3 by a name in the folder; its URI."""
        key = f"{self.key}/{name}"
        self.tried(self.s3.upload_file, path, self.bucket, key)
        return f"s3://{self.bucket}/{key}"

    def add(self, name: str, words: Sequence[str]) -> str:
        """Add a step; its id."""
        made = self.tried(self.emr.add_job_flow_steps, JobFlowId=self.cluster, Steps=[step(name, words)])
        id_: str = made["StepIds"][0]
        return id_

    def wait(self, id_: str, say: Callable[[str], object], every: float = EVERY) -> int:
        """Follow a step to its end; the exit status for its state."""
        told = ""
        while True:
            answer = self.tried(self.emr.describe_step, ClusterId=self.cluster, StepId=id_)
            state: str = answer["Step"]["Status"]["State"]
            if state != told:
                say(f"step {id_}: {state}")
                told = state
            if state in ENDED:
                return ENDED[state]
            time.sleep(every)

    def log(self, id_: str) -> str:
        """What the step's client wrote, from the cluster's folder of logs; "" where there is none (yet)."""
        uri = self.tried(self.emr.describe_cluster, ClusterId=self.cluster)["Cluster"].get("LogUri", "")
        if not uri:
            return ""
        bucket, key = parted(uri)
        name = f"{key}/{self.cluster}/steps/{id_}/stderr.gz".lstrip("/")
        try:
            return gzip.decompress(self.s3.get_object(Bucket=bucket, Key=name)["Body"].read()).decode(
                "utf-8", "replace"
            )
        except Exception:  # it comes some minutes late, and the step's own state says what counts
            return ""
