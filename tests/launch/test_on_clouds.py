"""st-run --on emr, against moto's server, and --on dataproc: a step and a command line, with what is shipped."""

import gzip
import json
import os
import shlex
import subprocess
import sys

import pytest
from places import BIN

from streamtools.cluster.places import emr

pytestmark = pytest.mark.slow  # moto's server starts and stops


def st_run(words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [BIN / "st-run", "--node-python", "3.11", *shlex.split(words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, **environment})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "map.py").write_text("import sys\nimport helper\n")
    (tmp_path / "helper.py").write_text("")
    return tmp_path


LIBRARIES = os.pathsep.join(path for path in sys.path if "-packages" in path)  # not the standard one, of another Python


JOB = "-input s3://b/in -output s3://b/out -mapper map.py -reducer st-reduce"


REFUSED = [
    (f"--on emr {JOB}", "--on emr: needs the id of a running cluster; add --cluster ID"),
    (f"--on emr --cluster j-1 {JOB}", "--on emr: needs a folder on S3 for shipped files"),
    (f"--on dataproc {JOB}", "--on dataproc: needs the name of a running cluster"),
    (f"--on dataproc --cluster c --manifest {JOB}", "--manifest: not supported with --on dataproc"),
]


@pytest.mark.parametrize("words, message", REFUSED, ids=lambda value: value[:30])
def test_refused(folder, words, message):
    done = st_run(words)
    assert (done.returncode, done.stderr.startswith(f"st-run: {message}")) == (64, True), done.stderr


def test_dry_runs_print_what_would_be_handed_over(folder):
    done = st_run(f"--on dataproc --cluster c --dry-run {JOB}")
    assert shlex.split(done.stdout)[-8:] == shlex.split(
        "-input s3://b/in -output s3://b/out -mapper 'python3 map.py' -reducer 'python3 streamtools.pyz st-reduce'"
    )
    (step,) = json.loads(st_run(f"--on emr --cluster j-1 --upload s3://b/up --dry-run {JOB}").stdout)
    args = step["HadoopJarStep"]["Args"]
    assert args[:5] == ["hadoop-streaming", "-files", "s3://b/up/map.py,s3://b/up/streamtools.pyz", "-archives",
                        "s3://b/up/modules.zip"]  # fmt: skip


def test_dataproc_is_handed_to_gcloud(folder, monkeypatch):
    (folder / "gcloud").write_text('#!/bin/sh\nfor word; do echo "$word"; done > asked; exit 3\n')
    (folder / "gcloud").chmod(0o755)
    done = st_run(f"--on dataproc --cluster c --region r {JOB}", PATH=f"{folder}{os.pathsep}{os.environ['PATH']}")
    assert done.returncode == 3
    asked = (folder / "asked").read_text().split("\n")
    assert asked[:6] == ["dataproc", "jobs", "submit", "hadoop", "--cluster=c", "--region=r"]


@pytest.fixture
def aws(monkeypatch):
    """moto's server with a bucket and a cluster: the clients and the cluster's id."""
    server_module = pytest.importorskip("moto.server")
    import boto3

    settings = {
        "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1", "NO_PROXY": "127.0.0.1",
    }  # fmt: skip
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {**settings, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}.items():
        monkeypatch.setenv(name, value)
    s3, client = boto3.client("s3"), boto3.client("emr")
    s3.create_bucket(Bucket="bucket")
    cluster = client.run_job_flow(
        Name="c", Instances={"KeepJobFlowAliveWhenNoSteps": True}, LogUri="s3://bucket/logs",
        JobFlowRole="r", ServiceRole="r", ReleaseLabel="emr-7.0.0",
    )["JobFlowId"]  # fmt: skip
    yield s3, client, cluster
    server.stop()


def test_a_step_on_emr(folder, aws):
    s3, client, cluster = aws
    done = st_run(f"--on emr --cluster {cluster} --upload s3://bucket/up {JOB}", PYTHONPATH=LIBRARIES)
    assert done.returncode == 0, done.stderr
    (step,) = client.list_steps(ClusterId=cluster)["Steps"]
    assert f"step {step['Id']} on {cluster}" in done.stderr
    args = step["Config"]["Args"]
    shipped = [*args[args.index("-files") + 1].split(","), args[args.index("-archives") + 1]]
    assert [uri.rpartition("/")[2] for uri in shipped] == ["map.py", "streamtools.pyz", "modules.zip"]
    for uri in shipped:
        assert s3.head_object(Bucket="bucket", Key=uri.removeprefix("s3://bucket/"))["ContentLength"] > 0


def test_files_of_one_name_stay_two_files_on_s3(folder, aws):
    s3, client, cluster = aws
    for name in ("one", "two"):
        (folder / name).mkdir()
        (folder / name / "table").write_text(name)
    words = f"--on emr --cluster {cluster} --upload s3://bucket/up -files one/table#p,two/table#q {JOB}"
    done = st_run(words, PYTHONPATH=LIBRARIES)
    assert done.returncode == 0, done.stderr
    args = client.list_steps(ClusterId=cluster)["Steps"][0]["Config"]["Args"]
    found = {}
    for item in args[args.index("-files") + 1].split(",")[:2]:
        uri, _, link = item.partition("#")
        found[link] = s3.get_object(Bucket="bucket", Key=uri.removeprefix("s3://bucket/"))["Body"].read()
    assert found == {"p": b"one", "q": b"two"}


def test_a_step_is_followed_and_its_log_fetched(aws):
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.emr.models import emr_backends

    s3, _, cluster = aws
    steps = emr.Steps(cluster, "s3://bucket/up")
    id_ = steps.add(emr.make_step("name", ["-input", "x"]))
    (step,) = emr_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].clusters[cluster].steps
    said: list[str] = []

    def hear(text: str) -> None:
        said.append(text)
        step.state = "FAILED"

    assert steps.wait(id_, hear, every=0.01) == 1
    assert len(said) == 2 and said[1] == f"step {id_}: FAILED"
    assert steps.read_log(id_) == ""
    s3.put_object(Bucket="bucket", Key=f"logs/{cluster}/steps/{id_}/stderr.gz", Body=gzip.compress(b"why\n"))
    assert steps.read_log(id_) == "why\n"


def test_what_aws_says_is_told_in_one_line(folder, aws):
    done = st_run(f"--on emr --cluster j-NONE --upload s3://nobucket/up {JOB}", PYTHONPATH=LIBRARIES)
    assert done.returncode == os.EX_IOERR
    assert "AWS: " in done.stderr and done.stderr.count("\n") == 1
