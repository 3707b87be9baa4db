"""Names for `st-hadoop fs`: none leads out of the folder that stands for HDFS, however it is written."""

import pytest
from invariants import check_manners, picture
from trials import Trial

UP = ["..", "\\.\\.", "{..,..}", "{.}.", ".{.,}", "[.][.]", "\\..", ".", "%2e%2e", "?.", "{..}"]
READING = ["-cat", "-ls", "-ls -R", "-du", "-count", "-tail", "-text", "-head", "-checksum", "-stat", "-test -e"]
CHANGING = [
    "-rm -r -skipTrash",
    "-rm -skipTrash",
    "-chmod 777",
    "-touchz",
    "-mkdir -p",
    "-rmdir",
    "-setrep 2",
    "-truncate 0",
]
TWO = ["-mv", "-cp", "-put", "-appendToFile", "-copyFromLocal"]


def make_dfs(trial: Trial) -> str:
    """Make a folder for HDFS beside the one that nothing may touch, with links in it that lead out."""
    base = trial.here.parent / "dfs"
    (base / "user/me/d").mkdir(parents=True)
    (base / "f").write_bytes(b"inside\n")
    (base / "link").symlink_to(trial.outside)
    (base / "user/me/link").symlink_to("../../../outside")
    (base / "file-link").symlink_to(trial.outside / "victim")
    (trial.here / "local").write_bytes(b"PWNED\n")
    return str(base)


def hostile_name(trial: Trial) -> str:
    """Return a name that may lead to the folder outside: it climbs less high than the trial is deep."""
    ups = [trial.rng.choice(UP) for _ in range(trial.rng.randrange(1, 4))]
    start = trial.rng.choice(["", "/", "hdfs:///", "hdfs://x/", "/user/me/", "d/"])
    end = trial.rng.choice(
        ["outside/victim", "outside/keep", "outside/keep/inner", "outside", "outside/*", "{outside}/vic?im"]
    )
    if trial.rng.random() < 0.3:
        link = trial.rng.choice(["/link", "link", "/user/me/link", "/l?nk", "/{link}"])
        return trial.rng.choice(
            [f"{link}/victim", f"{link}/keep", f"{link}/*", link, "/file-link", f"{link}/./keep/inner"]
        )
    return start + "/".join([*ups, end])


def run_fs(trial: Trial, *words: str, **variables: str):
    """Run `st-hadoop fs`."""
    variables = {"HADOOP_USER_NAME": "me", "STREAMTOOLS_DFS": make_dfs(trial), **variables}
    return trial.run(["st-hadoop", "fs", *words], **variables)


@pytest.mark.cases(40)
@pytest.mark.parametrize("commands", [READING, CHANGING, TWO], ids=["reading", "changing", "two names"])
def test_names_that_lead_out(trial, commands):
    before = picture(trial.outside)
    command, name = trial.rng.choice(commands).split(), hostile_name(trial)
    if commands is TWO:
        names = ["local", name] if command[0] not in ("-mv", "-cp") else trial.rng.choice([["/f", name], [name, "/g"]])
    else:
        names = [name]
    ran = run_fs(trial, *command, *names)
    check_manners(ran, range(256), lines=None)
    assert picture(trial.outside) == before, "a file outside has changed"
    dfs = trial.here.parent / "dfs"
    copied = [
        path for path in dfs.rglob("*") if path.is_file() and not path.is_symlink() and b"SECRET" in path.read_bytes()
    ]
    assert not copied, f"a copy of what is outside: {copied}"
    assert b"SECRET" not in ran.stdout, "what is outside was read"
    assert b"inner" not in ran.stdout.replace(name.encode(), b""), "what is outside was listed"
    assert {path.name for path in trial.here.parent.iterdir()} == {"here", "outside", "dfs"}


@pytest.mark.parametrize("user", ["../../x", "..", "a/b", "/abs", ".", "", "x\ny", "\x1b[31m"])
def test_a_user_that_is_no_name(trial, user):
    ran = run_fs(trial, "-mkdir", "-p", "d", HADOOP_USER_NAME=user)
    check_manners(ran, range(256), lines=None)
    places = {path.name for path in trial.here.parent.iterdir()} | {
        path.name for path in trial.here.parent.parent.iterdir()
    }
    assert places == {"here", "outside", "dfs", "6"}


@pytest.mark.cases(10)
def test_inputs_of_a_job_that_lead_out(trial):
    base = make_dfs(trial)
    words = [
        "jar",
        "hadoop-streaming.jar",
        "-input",
        hostile_name(trial),
        "-output",
        "out",
        "-mapper",
        "cat",
        "-reducer",
        "cat",
    ]
    ran = trial.run(["st-hadoop", *words], HADOOP_USER_NAME="me", STREAMTOOLS_DFS=base)
    check_manners(ran, range(256), lines=None)
    parts = [path.read_bytes() for path in trial.here.parent.joinpath("dfs").rglob("part-*")]
    assert not any(b"SECRET" in part for part in parts), "what is outside was read"
