"""contract.py, directory.py and remote_target.py: files that are there completely or not at all."""

from pathlib import Path

import pytest

from streamtools.errors import CannotCreateError, NoInputError, UsageError
from streamtools.packing.targets import File, Target, open_target
from streamtools.packing.targets.contract import write_and_commit
from streamtools.packing.targets.directory import Directory
from streamtools.packing.targets.hdfs_directory import HdfsDirectory
from streamtools.packing.targets.object_store import ObjectStore
from streamtools.packing.targets.remote_target import OFTEN, SELDOM, RemoteTarget


@pytest.mark.parametrize(
    ("output", "kind", "place"),
    [
        ("out", Directory, "out/x"),
        ("file:///out", Directory, "/out/x"),
        ("s3://bucket/out/", ObjectStore, "s3://bucket/out/x"),
        ("gs://bucket/out", ObjectStore, "gs://bucket/out/x"),
        ("hdfs:///out", HdfsDirectory, "hdfs:///out/x"),
        ("viewfs://cluster/out", HdfsDirectory, "viewfs://cluster/out/x"),
    ],
)
def test_the_target_of_a_uri(output: str, kind: type[Target], place: str) -> None:
    target = open_target(output)
    assert type(target) is kind
    assert target.place("x") == place


def test_a_scheme_to_which_nothing_can_be_written() -> None:
    with pytest.raises(UsageError, match=r"writing to ftp:// is not supported; use .*, or one of s3, .*viewfs"):
        open_target("ftp://host/out")


def test_a_file_of_a_directory_has_its_name_when_it_is_complete(tmp_path: Path) -> None:
    target = Directory(str(tmp_path / "out"))
    assert (target.names(), target.read("a")) == ([], None)
    file = target.begin("a")
    file.write(b"some")
    assert target.names() == []
    file.commit()
    assert (target.names(), target.read("a"), b"".join(target.chunks("a"))) == (["a"], b"some", b"some")
    target.begin("b").abort()
    target.remove("a")
    target.remove("a")
    assert target.names() == []


def test_one_run_at_a_time_writes_to_a_directory(tmp_path: Path) -> None:
    target = Directory(str(tmp_path))
    log = target.log("_log", b"a\n")
    with pytest.raises(CannotCreateError, match="another st-pack is still writing to it"):
        target.log("_log", b"")
    log.add(b"b\n")
    log.close()
    assert target.read("_log") == b"a\nb\n"
    target.log("_log", b"").close()


class Memory(RemoteTarget):
    """A remote target that keeps its files in memory, and counts how often each is written."""

    def __init__(self) -> None:
        super().__init__("memory:")
        self.files: dict[str, bytes] = {}
        self.written = 0

    def chunks(self, name: str):  # type: ignore[no-untyped-def]
        if name not in self.files:
            raise NoInputError(name, "no such file")
        return iter([self.files[name]])

    def put(self, name: str, data: bytes) -> None:
        self.files[name] = data
        self.written += 1


def test_a_log_that_cannot_grow_is_rewritten_often_while_it_is_short() -> None:
    target = Memory()
    log = target.log("_manifest.tsv", b"#head\n")
    log.add(b"a\t1\n")
    assert (target.read("_manifest.tsv"), target.written) == (b"#head\na\t1\n", 2)
    log.add(b"b" * OFTEN)
    for _ in range(SELDOM - 2):
        log.add(b"c")
    assert target.written == 2
    log.add(b"d")
    assert target.written == 3
    log.add(b"e")
    log.flush()
    assert target.written == 4
    assert target.read("_manifest.tsv") == b"#head\na\t1\n" + b"b" * OFTEN + b"c" * (SELDOM - 2) + b"de"


def test_the_names_of_a_remote_target_are_those_of_its_manifest_before_the_first_that_is_missing() -> None:
    target = Memory()
    assert target.names() == []
    target.put("_manifest.tsv", b"#head\npart-0\tx\npart-0\ty\npart-1\tx\npart-2\tx\n")
    target.put("part-0", b"")
    target.put("part-2", b"")
    assert target.names() == ["part-0"]


class Failing:
    """A file whose disk is full."""

    is_aborted = is_committed = False

    def write(self, data: bytes) -> None:
        raise OSError("full")

    def flush(self) -> None: ...

    def commit(self) -> None:
        self.is_committed = True

    def abort(self) -> None:
        self.is_aborted = True


def test_a_file_that_cannot_be_written_is_removed() -> None:
    file = Failing()
    as_file: File = file
    with pytest.raises(OSError, match="full"):
        write_and_commit(as_file, b"x")
    assert (file.is_aborted, file.is_committed) == (True, False)
