"""No name, pattern or link leads `hadoop fs`, or a job of st-hadoop, out of the directory that stands for HDFS."""

import os
import subprocess

import pytest
from places import BIN

from streamtools.errors import StreamtoolsError
from streamtools.hdfs import FileSystem
from streamtools.java.globs import match_paths

ESCAPES = [  # names that were, or would be, outside/keep
    *(
        r"/\.\./outside/keep",
        "/{.}./outside/keep",
        r"/{..,x}/outside/keep",
        r"/x/{a,\.\.}/{\.\.}/outside/keep",
    ),
    *(
        "/../outside/keep",
        "hdfs:///../outside/keep",
        r"hdfs://nn/\.\./outside/keep",
        "../../../outside/keep",
    ),
    *(
        "/folder/keep",
        "/fold?r/keep",
        "/f*/k*",
        "/file",
        "/fil[e]",
        "/chain/keep",
        "/deep/up/outside/keep",
    ),
]
COMMANDS = [
    *(
        "-cat N",
        "-text N",
        "-head N",
        "-tail N",
        "-rm -r -skipTrash N",
        "-mv N /got",
        "-mv /own N",
        "-cp N /got",
    ),
    *(
        "-cp -f /own N",
        "-put -f LOCAL N",
        "-get N got",
        "-getmerge N got",
        "-appendToFile LOCAL N",
        "-touch N",
    ),
    *(
        "-touchz N/new",
        "-chmod 777 N",
        "-chmod -R 777 N",
        "-mkdir -p N/new",
        "-moveFromLocal -f LOCAL N",
        "-rmdir N",
    ),
    *("-ls N", "-ls -R N", "-du N", "-count N", "-stat %b N", "-test -e N"),
]


@pytest.fixture
def base(tmp_path):
    """Give a base with links that lead to `outside`, which must stay as it is."""
    base, outside = tmp_path / "base", tmp_path / "outside"
    (base / "deep").mkdir(parents=True)
    (base / "x" / "a").mkdir(parents=True)
    outside.mkdir()
    (outside / "keep").write_text("SECRET")
    (outside / "keep").chmod(0o600)
    (base / "own").write_text("own")
    (base / "folder").symlink_to(outside)
    (base / "chain").symlink_to("folder")
    (base / "file").symlink_to("../outside/keep")
    (base / "deep" / "up").symlink_to("../..")
    (tmp_path / "local").write_text("LOCAL")
    yield base
    assert sorted(os.listdir(tmp_path / "outside")) == ["keep"]
    assert (outside / "keep").read_text() == "SECRET"
    assert (outside / "keep").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ESCAPES)
def test_no_name_leads_out(base, name):
    fs = FileSystem.of(str(base), "ann")
    for find in (
        lambda: [fs.item(name).path],
        lambda: [item.path for item in fs.expand(name)],
    ):
        try:
            found = find()
        except StreamtoolsError:
            continue
        for path in found:
            assert f"{os.path.realpath(path)}/".startswith(f"{base}/")
    try:
        pattern = fs.pattern(name)
    except StreamtoolsError:
        return
    assert match_paths("", pattern) == [] and pattern.startswith(f"{base}/")


def test_commands_of_hadoop_fs_do_not_leave_it(base, tmp_path, monkeypatch, capfdbinary):
    """In process, as these are some hundreds of commands."""
    from streamtools.launch.hadoop_command.hadoop_fs import run_fs

    monkeypatch.setenv("STREAMTOOLS_DFS", str(base))
    monkeypatch.chdir(tmp_path)
    for name in ESCAPES:
        for command in COMMANDS:
            (tmp_path / "local").write_text("LOCAL")
            (base / "own").write_text("own")
            run_fs([word.replace("N", name).replace("LOCAL", "local") for word in command.split()])
            assert (tmp_path / "outside" / "keep").read_text() == "SECRET", (
                command,
                name,
            )
            assert os.listdir(tmp_path / "outside") == ["keep"], (command, name)
            assert not (tmp_path / "got").exists() or "SECRET" not in (tmp_path / "got").read_text(), (command, name)
            for path, target in (
                ("folder", tmp_path / "outside"),
                ("chain", "folder"),
                ("file", "../outside/keep"),
            ):
                if not os.path.lexists(base / path):  # a link itself may be removed
                    (base / path).symlink_to(target)
    assert b"SECRET" not in capfdbinary.readouterr().out


@pytest.mark.parametrize("user", ["../../x", "..", ".", "a/b", "/x"])
def test_a_user_s_name_makes_no_directory_outside(tmp_path, user):
    with pytest.raises(StreamtoolsError, match="invalid user name"):
        FileSystem.of(str(tmp_path / "base"), user)
    assert not (tmp_path / "base").exists()


def test_a_home_that_is_a_link_makes_no_directory_outside(tmp_path):
    (tmp_path / "base").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "base" / "user").symlink_to("../outside")
    with pytest.raises(StreamtoolsError, match="leads out"):
        FileSystem.of(str(tmp_path / "base"), "ann")
    assert os.listdir(tmp_path / "outside") == []


@pytest.mark.parametrize(
    "options",
    [
        "-input /folder -output /out",
        "-input /{.}./outside -output /out",
        r"-input /\.\./outside -output /out",
        "-input hdfs:///file -output /out",
        "-input /x -output /folder/out",
        "-input /x -output /deep/up/outside/out",
        "-input /holds -output /out",
    ],
)
def test_a_job_reads_and_writes_nothing_outside(base, tmp_path, options):
    (base / "holds").mkdir()
    (base / "holds" / "link").symlink_to("../../outside/keep")
    jar = [
        "jar",
        "hadoop-streaming.jar",
        *options.split(),
        "-mapper",
        "cat",
        "-reducer",
        "NONE",
    ]
    environment = {**os.environ, "STREAMTOOLS_DFS": str(base)}
    done = subprocess.run(
        [BIN / "st-hadoop", *jar],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0 and "Traceback" not in done.stderr
    assert not (base / "out").exists()
