"""streamtools.local.stages.unpacking: archives from anybody, and nothing outside of their directory is touched."""

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.job import Refused
from streamtools.local.stages import unpacking
from streamtools.local.stages.unpacking import unpack

LINK, HARD, FIFO, CHARACTER, BLOCK = (
    tarfile.SYMTYPE,
    tarfile.LNKTYPE,
    tarfile.FIFOTYPE,
    tarfile.CHRTYPE,
    tarfile.BLKTYPE,
)
DIRECTORY = tarfile.DIRTYPE


@pytest.fixture
def place(tmp_path):
    """Give the directory of archives; `victim`, beside where they are unpacked, must stay as it is."""
    (tmp_path / "victim").write_text("untouched")
    (tmp_path / "victim").chmod(0o600)
    (tmp_path / "folder").mkdir()
    yield tmp_path
    assert (tmp_path / "victim").read_text() == "untouched"
    assert stat.S_IMODE((tmp_path / "victim").stat().st_mode) == 0o600
    assert (tmp_path / "victim").stat().st_nlink == 1
    assert os.listdir(tmp_path / "folder") == []
    assert {path.name for path in tmp_path.iterdir()} <= {"victim", "folder", "out", "a.zip", "a.jar", "a.tar"}


def make_zip(path, *members):
    """Write a zip file. Each member is a name, its data and its mode, with the kind of file in it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data, mode in members:
            info = zipfile.ZipInfo("x")
            info.filename, info.external_attr = name, mode << 16
            archive.writestr(info, data)
    return str(path)


def make_tar(path, *members):
    """Write a tar file. Each member is a name, and its data or a kind of file and the target of its link."""
    with tarfile.open(path, "w") as archive:
        for name, *what in members:
            info = tarfile.TarInfo(name)
            data = what[0] if isinstance(what[0], str) and len(what) == 1 else ""
            if not data and isinstance(what[0], bytes):
                info.type, info.linkname = what[0], what[1] if len(what) > 1 else ""
            info.size, info.mode = len(data), 0o777
            archive.addfile(info, io.BytesIO(data.encode()))
    return str(path)


FILE, SYMBOLIC = stat.S_IFREG | 0o666, stat.S_IFLNK | 0o777


@pytest.mark.parametrize("suffix", ["zip", "jar"])
@pytest.mark.parametrize(
    ("problem", "members"),
    [
        ("leads out", [("../victim", b"", FILE)]),
        ("leads out", [("../../victim", b"x", 0o666)]),
        ("leads out", [("a/../../victim", b"x", FILE)]),
        ("leads out", [("./../victim", b"x", FILE)]),
        ("leads out", [("a", b"x", FILE), ("a/..", b"x", FILE)]),
        ("leads out", [("../folder/", b"", stat.S_IFDIR | 0o777)]),
        ("leads out", [("PLACE/victim", b"x", FILE)]),
        ("leads out", [("//PLACE/victim", b"x", FILE)]),
        ("leads out", [("s", b"../victim", SYMBOLIC)]),
        ("leads out", [("s", b"/etc/passwd", SYMBOLIC)]),
        ("leads out", [("s", b"../folder", SYMBOLIC), ("s/file", b"x", FILE)]),
        ("behind", [("f", b"x", FILE), ("f/g", b"x", FILE)]),
        ("device or pipe", [("p", b"", stat.S_IFIFO | 0o666)]),
        ("device or pipe", [("p", b"", stat.S_IFCHR | 0o666)]),
        ("without a name", [(".", b"x", FILE)]),
    ],
)
def test_a_hostile_zip_file_is_refused(place, suffix, problem, members):
    members = [(name.replace("PLACE", str(place)), data, mode) for name, data, mode in members]
    path = make_zip(place / f"a.{suffix}", ("good", b"x", FILE), *members)
    with pytest.raises(Refused, match=rf"a\.{suffix}: cannot unpack it: .*{problem}"):
        unpack(path, str(place / "out"))
    assert not (place / "out").exists()


@pytest.mark.parametrize("has_filters", [True, False])
@pytest.mark.parametrize(
    ("problem", "members"),
    [
        ("leads out", [("../victim", "x")]),
        ("leads out", [("a/../../victim", "x")]),
        ("leads out", [("PLACE/victim", "x")]),
        ("leads out", [("../folder", DIRECTORY)]),
        ("leads out", [("s", LINK, "../victim")]),
        ("leads out", [("s", LINK, "/PLACE/victim")]),
        ("leads out", [("s", LINK, "..")]),
        ("leads out", [("d/s", LINK, "../../folder")]),
        ("leads out", [("d/e/up", LINK, "../.."), ("s", LINK, "d/e/up/../folder")]),  # as text it is in d/e
        ("leads out", [("s", LINK, "d/e/up/../folder"), ("d/e/up", LINK, "../..")]),
        ("leads out", [("s", LINK, "d/.."), ("d", DIRECTORY)]),  # it is the root itself; behind a link it may be more
        ("behind", [("s", LINK, "."), ("s/t", LINK, "x")]),
        ("behind", [("s", LINK, "d"), ("d", DIRECTORY), ("s/h", HARD, "good")]),
        ("behind", [("good/x", "x")]),
        ("leads out", [("h", HARD, "../victim")]),
        ("leads out", [("h", HARD, "PLACE/victim")]),
        ("behind", [("s", LINK, "d"), ("h", HARD, "s/x")]),
        ("leads out", [("a/b/s", LINK, "../../good"), ("h", HARD, "a/b/s")]),  # the same text from higher up
        ("not a file", [("d", DIRECTORY), ("h", HARD, "d")]),
        ("No such file", [("h", HARD, "missing")]),
        ("No such file", [("good", HARD, "good")]),
        ("without a target", [("h", HARD, "")]),
        ("device or pipe", [("p", FIFO)]),
        ("device or pipe", [("p", CHARACTER)]),
        ("device or pipe", [("p", BLOCK)]),
        ("without a name", [(".", "x")]),
    ],
)
def test_a_hostile_tar_file_is_refused(place, monkeypatch, has_filters, problem, members):
    if not has_filters:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    members = [tuple(part.replace("PLACE", str(place)) if isinstance(part, str) else part for part in member)
               for member in members]  # fmt: skip
    path = make_tar(place / "a.tar", ("good", "x"), *members)
    with pytest.raises(Refused, match=rf"a\.tar: cannot unpack it: .*{problem}"):
        unpack(path, str(place / "out"))
    assert not (place / "out").exists()


def test_links_that_stay_inside_are_unpacked(place):
    path = make_tar(
        place / "a.tar",
        *(("lib/x.so.1", "x"), ("lib/x.so", LINK, "x.so.1"), ("bin/x", LINK, "../lib/./x.so"), ("l", LINK, "lib")),
        *(("./h", HARD, "lib/x.so.1"), ("d/copy", HARD, "l"), ("dangling", LINK, "nothing")),
    )
    out = Path(unpack(path, str(place / "out")))
    assert (out / "bin/x").read_text() == (out / "l/x.so").read_text() == "x"
    assert (out / "h").stat().st_nlink == 2
    assert os.readlink(out / "dangling") == "nothing"


def test_a_symbolic_link_in_a_zip_file_is_a_file_with_its_target(place):
    """Hadoop's FileUtil.unZip makes no links."""
    out = Path(unpack(make_zip(place / "a.zip", ("d/s", b"../x", SYMBOLIC)), str(place / "out")))
    assert (out / "d/s").read_text() == "../x" and not (out / "d/s").is_symlink()


@pytest.mark.parametrize(
    ("mode", "unpacked"), [(0o777, 0o755), (0o666, 0o644), (0o4755, 0o755), (0o400, 0o600), (0o055, 0o644)]
)
def test_modes_are_set_on_the_files(place, mode, unpacked):
    out = Path(unpack(make_zip(place / "a.zip", ("x", b"x", stat.S_IFREG | mode)), str(place / "out")))
    assert stat.S_IMODE((out / "x").stat().st_mode) == unpacked


def test_the_later_of_two_members_of_a_name_stays(place):
    path = make_tar(place / "a.tar", ("x", "first"), ("x", "second"), ("y", "first"), ("y", LINK, "x"))
    out = Path(unpack(path, str(place / "out")))
    assert (out / "x").read_text() == (out / "y").read_text() == "second"


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_what_the_disk_has_no_room_for_is_refused_before_it_is_written(place, monkeypatch, make):
    """Also of a tar file, whose list of members is all over it."""
    members = [("a", b"x" * 600, 0), ("b", b"x" * 600, 0)] if make is make_zip else [("a", "x" * 600), ("b", "x" * 600)]
    path = make(place / f"a.{make.__name__[5:]}", *members)
    written = []
    monkeypatch.setattr(unpacking, "write_all", lambda block, _descriptor: written.append(block))
    free = os.statvfs(place)

    class Full:
        f_frsize, f_bavail, f_files, f_favail = 1, 1000, free.f_files, free.f_favail

    monkeypatch.setattr(os, "statvfs", lambda _path: Full)
    with pytest.raises(Refused, match=r"more than the disk of .* has room for"):
        unpack(path, str(place / "out"))
    assert written == []
    Full.f_bavail, Full.f_files, Full.f_favail = 1 << 40, 10, 1
    with pytest.raises(Refused, match=r"more than the disk of .* has room for"):
        unpack(path, str(place / "out"))


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize(("room", "fits"), [(400_000, False), (600_000, True)])
def test_what_grows_more_than_usual_is_looked_through_before_more_is_written(place, monkeypatch, compress, room, fits):
    """Of what the disk has no room for, at most some twenty times the size of the archive are written."""
    plain = Path(make_tar(place / "plain", *((f"{number}", "x" * 1000) for number in range(500))))
    path = place / "a.tar"  # tarfile looks at the content
    path.write_bytes(compress(plain.read_bytes()))
    plain.unlink()
    size = path.stat().st_size
    assert 30 * size < 500_000
    written = []

    def write(block, descriptor):
        written.append(len(block))
        os.write(descriptor, block)

    monkeypatch.setattr(unpacking, "write_all", write)

    class Disk:
        f_frsize, f_bavail, f_files, f_favail = 1, room, 0, 0

    monkeypatch.setattr(os, "statvfs", lambda _path: Disk)
    if fits:
        out = unpack(str(path), str(place / "out"))
        assert sorted(os.listdir(out)) == sorted(map(str, range(500))) and sum(written) == 500_000
    else:
        with pytest.raises(Refused, match=r"more than the disk of .* has room for"):
            unpack(str(path), str(place / "out"))
        assert 0 < sum(written) <= unpacking.GROWTH * size
        assert not (place / "out").exists()


def test_small_files_take_whole_blocks(place, monkeypatch):
    path = make_tar(place / "a.tar", *((f"{number}", "x") for number in range(10)))

    class Disk:
        f_frsize, f_bavail, f_files, f_favail = 4096, 9, 0, 0

    monkeypatch.setattr(os, "statvfs", lambda _path: Disk)
    with pytest.raises(Refused, match=r"more than the disk of .* has room for"):
        unpack(path, str(place / "out"))


def test_a_header_of_gigabytes_is_refused(place):
    """Tarfile would read all of a long name into memory."""
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 32
    (place / "a.tar").write_bytes(gzip.compress(info.tobuf()))
    with pytest.raises(Refused, match="header of 4,294,967,296 bytes"):
        unpack(str(place / "a.tar"), str(place / "out"))


NAMES = st.lists(st.sampled_from(["a", "b", "c", "..", ".", ""]), min_size=1, max_size=5).map("/".join)
MEMBERS = st.lists(
    st.one_of(
        st.tuples(NAMES, st.just("data")),
        st.tuples(NAMES, st.just(DIRECTORY)),
        st.tuples(NAMES, st.sampled_from([LINK, HARD]), NAMES),
    ),
    max_size=8,
)


@given(members=MEMBERS)
def test_nothing_that_is_unpacked_leads_out(members, tmp_path_factory):
    place = tmp_path_factory.mktemp("hypothesis")
    (place / "in").mkdir()
    path = make_tar(place / "a.tar", *members)
    out = str(place / "in" / "out")
    try:
        unpack(path, out)
    except Refused:
        assert os.listdir(place / "in") == []
    assert sorted(os.listdir(place)) == ["a.tar", "in"] and set(os.listdir(place / "in")) <= {"out"}
    for folder, folders, files in os.walk(out):
        for name in (*folders, *files):
            inside = os.path.realpath(os.path.join(folder, name))
            assert inside == out or inside.startswith(f"{out}/")
