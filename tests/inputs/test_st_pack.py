"""st-pack: the lines of the blobs are those of the inputs, the manifest tells where from, a run can be gone on with."""

import bz2
import gzip
import os
import random
import shutil
import signal
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import BIN

from streamtools.errors import CannotCreateError, DataError, NoInputError, TransferError, UsageError
from streamtools.inputs import Source, open_blocks
from streamtools.inputs.cuts import parts
from streamtools.packing import BLOB_CODECS, Settings, pack, verify
from streamtools.packing.chunks import chunks
from streamtools.packing.codecs import BlobCodec
from streamtools.packing.manifest import Row, _row

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
SMALL = {"size": 60_000, "memory": 1, "jobs": 2}  # chunks of 16 KiB


@pytest.fixture
def st_pack(tmp_path: Path) -> Run:
    """st_pack(*arguments, **run) runs bin/st-pack in a directory of its own."""

    def run(*arguments: object, **options: object) -> "subprocess.CompletedProcess[bytes]":
        options = {"capture_output": True, "timeout": 60, "cwd": tmp_path, **options}
        return subprocess.run([str(BIN / "st-pack"), *map(str, arguments)], **options)  # type: ignore[call-overload,no-any-return]

    return run


@pytest.fixture(scope="session")
def lines() -> bytes:
    """700 KB of lines that pack to a half."""
    generator = random.Random(1)
    return b"".join(b"%d\t%x\n" % (n, generator.getrandbits(60)) for n in range(32_000))


def blobs(output: Path) -> list[Path]:
    return sorted(output.glob("part-*"))


def content(output: Path) -> bytes:
    return b"".join(open_blocks(list(map(str, blobs(output)))))


def everything(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(output.iterdir())}


def rows(output: Path) -> list[Row]:
    lines = (output / "_manifest.tsv").read_bytes().split(b"\n")[:-1]
    return [_row(line) for line in lines if not line.startswith(b"#")]


@pytest.fixture
def inputs(tmp_path: Path, lines: bytes) -> tuple[list[str], bytes]:
    """A large file, one without a final LF, an empty one, many small ones; and their lines."""
    half = lines.index(b"\n", len(lines) // 2) + 1
    (tmp_path / "large.gz").write_bytes(gzip.compress(lines[:half], 1))
    (tmp_path / "open.bz2").write_bytes(bz2.compress(lines[:999]))
    (tmp_path / "empty").write_bytes(b"")
    small = tmp_path / "small"
    small.mkdir()
    for n in range(40):
        (small / f"{n:02}").write_bytes(b"%d\n" % n * n)
    (tmp_path / "last").write_bytes(lines[half:])
    expected = lines[:half] + lines[:999] + b"\n" + b"".join(b"%d\n" % n * n for n in range(40)) + lines[half:]
    return [str(tmp_path / name) for name in ("large.gz", "open.bz2", "empty", "small", "last")], expected


@pytest.mark.parametrize("codec", BLOB_CODECS)
def test_the_lines_out_are_the_lines_in(codec: str, inputs: tuple[list[str], bytes], tmp_path: Path) -> None:
    names, expected = inputs
    out = tmp_path / "out"
    made = pack(names, str(out), Settings(codec=codec, **SMALL))
    assert content(out) == expected
    assert made.blobs == len(blobs(out)) > 3
    assert (made.lines, made.size) == (expected.count(b"\n"), len(expected))
    assert made.packed == sum(path.stat().st_size for path in blobs(out))
    assert max(path.stat().st_size for path in blobs(out)) <= 60_000
    assert all(b"".join(open_blocks([str(path)]))[-1:] == b"\n" for path in blobs(out))
    assert sorted(set(everything(out)) - {path.name for path in blobs(out)}) == ["_SUCCESS", "_manifest.tsv"]
    found = verify(str(out), jobs=2)
    assert (found.blobs, found.lines, found.size) == (made.blobs, made.lines, made.size)


def test_the_manifest_tells_where_each_line_comes_from(
    inputs: tuple[list[str], bytes], tmp_path: Path, lines: bytes
) -> None:
    names, expected = inputs
    pack(names, str(tmp_path / "out"), Settings(**SMALL))
    found = rows(tmp_path / "out")
    assert sum(row.size for row in found) == len(expected)
    for name in {row.source.input for row in found}:
        plain = b"".join(open_blocks([name]))
        of_file = [row for row in found if row.source.input == name]
        assert [row.start for row in of_file] == [0, *(row.end for row in of_file[:-1])]
        assert of_file[-1].end == len(plain)
        for row in of_file:
            piece = plain[row.start : row.end]
            piece += b"\n" * (row.size - len(piece))
            assert (row.crc, row.lines, row.size) == (zlib.crc32(piece), piece.count(b"\n"), len(piece))


@pytest.mark.parametrize(("codec", "tool"), [("gz", "gzip"), ("bz2", "bzip2"), ("xz", "xz"), ("zst", "zstd")])
def test_the_tools_read_it_as_one_file(codec: str, tool: str, tmp_path: Path, lines: bytes) -> None:
    if not shutil.which(tool):
        pytest.skip(f"needs {tool}")
    (tmp_path / "x").write_bytes(lines)
    pack([str(tmp_path / "x")], str(tmp_path / "out"), Settings(codec=codec, memory=1))
    (blob,) = blobs(tmp_path / "out")
    assert subprocess.run([tool, "-dc", blob], capture_output=True, check=True).stdout == lines
    if codec == "bz2":  # one stream: what an old Hadoop takes for all of it
        assert bz2.BZ2Decompressor().decompress(blob.read_bytes()) == lines


@pytest.mark.parametrize("codec", ["xz", "zst"])
def test_what_is_written_is_cut_at_its_chunks(codec: str, tmp_path: Path, lines: bytes) -> None:
    (tmp_path / "x").write_bytes(lines)
    pack([str(tmp_path / "x")], str(tmp_path / "out"), Settings(codec=codec, memory=1))
    (blob,) = blobs(tmp_path / "out")
    chunks_made = -(-len(lines) // (1 << 14))
    assert chunks_made / 2 <= len(parts(str(blob), codec, 1).parts) <= chunks_made * 1.1


def test_an_archive(sevenzz: Callable[..., Path], tmp_path: Path, lines: bytes) -> None:
    half = lines.index(b"\n", len(lines) // 2) + 1
    archive = sevenzz("x.7z", {"a\tb": lines[:half].rstrip(), "empty": b"", "c": lines[half:]}, "-ms=on")
    pack([str(archive)], str(tmp_path / "out"), Settings(**SMALL))
    assert content(tmp_path / "out") == lines
    assert {row.source.member for row in rows(tmp_path / "out")} == {"a\tb", "c"}
    verify(str(tmp_path / "out"))


@given(names=st.lists(st.binary(max_size=9), min_size=3, max_size=3), numbers=st.integers(0, 1 << 60))
def test_a_row_is_the_same_when_it_is_read_again(names: list[bytes], numbers: int) -> None:
    blob, source, member = map(os.fsdecode, names)
    row = Row(blob, Source(source, member), 0, numbers, numbers, numbers, numbers & 0xFFFFFFFF)
    assert row.line().count(b"\n") == 1
    assert _row(row.line()[:-1]) == row


@settings(max_examples=100)
@given(
    files=st.lists(st.lists(st.sampled_from([b"\n", b"a", b"bcd", b"efghijk\n"]), max_size=12), max_size=6),
    size=st.integers(1, 12),
)
def test_chunks_are_whole_lines_and_do_not_depend_on_blocks(files: list[list[bytes]], size: int) -> None:
    def sources(blocks: Callable[[list[bytes]], list[bytes]]) -> Iterator[tuple[Source, int, Iterator[bytes]]]:
        return ((Source(str(n)), 0, iter(blocks(file))) for n, file in enumerate(files))

    found = list(chunks(sources(lambda file: file), size))
    plain = [b"".join(file) for file in files]
    assert b"".join(chunk.data for chunk in found) == b"".join(
        data if data.endswith(b"\n") or not data else data + b"\n" for data in plain
    )
    for chunk in found:
        assert chunk.data.endswith(b"\n")
        assert len(chunk.data) <= size or chunk.data.count(b"\n") == 1
        assert sum(stretch.size for stretch in chunk.stretches) == len(chunk.data)
        at = 0
        for source, start, end, length in chunk.stretches:
            assert chunk.data[at : at + end - start] == plain[int(source.input)][start:end]
            at += length
    assert found == list(chunks(sources(lambda file: [b"".join(file)]), size))


def test_many_tiny_sources_take_no_square_of_time() -> None:
    sources = [(Source("x", str(n)), 0, iter([b"\n"])) for n in range(400_000)]
    begun = time.process_time()
    (chunk,) = chunks(sources, 1 << 20)
    assert len(chunk.stretches) == 400_000
    assert time.process_time() - begun < 4  # 0.4; by list.pop(0) 8


def test_a_run_that_was_killed_is_gone_on_with(
    inputs: tuple[list[str], bytes], tmp_path: Path, st_pack: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, expected = inputs
    options = ["--size", "60000", "-S", "1", "-j", "2", *names, "-o"]
    assert st_pack(*options, "whole").returncode == 0
    for number, kind in ((1, signal.SIGKILL), (3, signal.SIGTERM)):
        out = tmp_path / f"out{number}"
        slow = subprocess.Popen(
            [BIN / "st-pack", *options[:-1], "-", "-o", out], stdin=subprocess.PIPE, stderr=subprocess.PIPE
        )
        end = time.monotonic() + 30
        while len(blobs(out)) < number and time.monotonic() < end:
            time.sleep(0.005)
        slow.send_signal(kind)
        slow.communicate()
        assert slow.returncode in (-kind, 128 + kind)
        for path in blobs(out):  # whole ones only
            assert b"".join(open_blocks([str(path)])) in expected
        assert kind == signal.SIGKILL or not (out / "_temporary").exists()
        assert not (out / "_SUCCESS").exists()
        refused = st_pack(*options, out)
        assert refused.returncode == os.EX_CANTCREAT
        assert b"go on with --resume" in refused.stderr


@pytest.mark.parametrize("kept", [0, 1, 4, 99])
def test_a_run_goes_on_to_the_same_blobs(
    kept: int, inputs: tuple[list[str], bytes], sevenzz: Callable[..., Path], tmp_path: Path, lines: bytes
) -> None:
    archive = sevenzz("x.7z", {"a": lines[: len(lines) // 3], "b": b"b", "c": lines}, "-ms=off")
    names = [*inputs[0], str(archive)]
    whole, out = tmp_path / "whole", tmp_path / "out"
    pack(names, str(whole), Settings(**SMALL))
    shutil.copytree(whole, out)
    (out / "_SUCCESS").unlink()
    for path in blobs(out)[kept:]:
        path.unlink()
    with (out / "_manifest.tsv").open("r+b") as manifest:  # its last line was cut short
        manifest.truncate((out / "_manifest.tsv").stat().st_size - 5)
    if kept == 99:
        blobs(out)[-1].unlink()
    made = pack(names, str(out), Settings(resume=True, **SMALL))
    assert made.kept == min(kept, len(blobs(whole)) - 1)
    assert everything(out) == everything(whole)
    assert pack(names, str(out), Settings(resume=True, **SMALL)).blobs == 0  # it was finished
    assert everything(out) == everything(whole)


def test_what_is_not_gone_on_with(inputs: tuple[list[str], bytes], tmp_path: Path) -> None:
    names, _ = inputs
    out = str(tmp_path / "out")
    pack(names, out, Settings(**SMALL))
    with pytest.raises(CannotCreateError, match="was finished already"):
        pack(names, out, Settings(**SMALL))
    with pytest.raises(CannotCreateError, match="with other options or inputs"):
        pack(names[:-1], out, Settings(resume=True, **SMALL))
    with pytest.raises(CannotCreateError, match="with other options or inputs"):
        pack(names, out, Settings(resume=True, codec="bz2", **SMALL))
    os.utime(names[0], (1, 1))
    with pytest.raises(CannotCreateError, match="with other options or inputs"):
        pack(names, out, Settings(resume=True, **SMALL))
    with pytest.raises(CannotCreateError, match="not empty"):
        pack(names, str(tmp_path / "small"), Settings(**SMALL))
    with pytest.raises(CannotCreateError, match="is no directory"):
        pack(names, names[0], Settings(**SMALL))
    with pytest.raises(UsageError, match="named twice"):
        pack([names[0], *names], str(tmp_path / "other"), Settings(**SMALL))
    with pytest.raises(UsageError, match="is not written here"):
        pack(names, "http://host/x", Settings(**SMALL))
    with pytest.raises(NoInputError, match="no _SUCCESS"):
        verify(str(tmp_path / "small"))


def test_other_jobs_and_memory_go_on_with_the_same_chunks(tmp_path: Path, lines: bytes) -> None:
    """Else a blob that is made again would end elsewhere than the next one, which is still there, begins."""
    (tmp_path / "x").write_bytes(lines)
    out = tmp_path / "out"
    pack([str(tmp_path / "x")], str(out), Settings(size=100_000, codec="none", jobs=2, memory=4 << 20))
    whole = everything(out)
    (out / "_SUCCESS").unlink()
    blobs(out)[0].unlink()
    pack([str(tmp_path / "x")], str(out), Settings(size=100_000, codec="none", jobs=8, memory=1, resume=True))
    assert everything(out) == whole
    assert content(out) == lines


@pytest.mark.parametrize("empty", [["e0"], ["e0", "e1"], ["b", "e0"]])
def test_going_on_in_an_archive_with_empty_members(empty: list[str], tmp_path: Path, lines: bytes) -> None:
    import py7zr

    with py7zr.SevenZipFile(tmp_path / "x.7z", "w") as archive:
        for name in empty:
            archive.writestr(b"" if name != "b" else b"b\n", name)
        archive.writestr(lines, "full")
    out = tmp_path / "out"
    pack([str(tmp_path / "x.7z")], str(out), Settings(**SMALL))
    whole = everything(out)
    (out / "_SUCCESS").unlink()
    blobs(out)[-1].unlink()
    pack([str(tmp_path / "x.7z")], str(out), Settings(resume=True, **SMALL))
    assert everything(out) == whole


@pytest.mark.parametrize("lost", [0, 2, -1])
def test_a_manifest_that_has_lost_a_line(lost: int, tmp_path: Path, lines: bytes) -> None:
    (tmp_path / "x").write_bytes(lines)
    out = tmp_path / "out"
    pack([str(tmp_path / "x")], str(out), Settings(**SMALL))
    whole = everything(out)
    header, told = whole["_manifest.tsv"].split(b"\n")[:2], whole["_manifest.tsv"].split(b"\n")[2:-1]
    del told[lost]
    (out / "_manifest.tsv").write_bytes(b"\n".join([*header, *told, b""]))
    with pytest.raises(DataError, match=r"damaged.*remove (both it and )?_SUCCESS, and pack .*with --resume"):
        verify(str(out))
    (out / "_SUCCESS").unlink()
    pack([str(tmp_path / "x")], str(out), Settings(resume=True, **SMALL))
    assert everything(out) == whole


@pytest.mark.parametrize("damage", [b"\\x", b"\t", b"99"], ids=["no such escape", "a column more", "another end"])
def test_a_manifest_that_is_damaged(damage: bytes, tmp_path: Path, lines: bytes) -> None:
    (tmp_path / "x").write_bytes(lines)
    out = tmp_path / "out"
    pack([str(tmp_path / "x")], str(out), Settings(**SMALL))
    told = (out / "_manifest.tsv").read_bytes().split(b"\n")
    columns = told[4].split(b"\t")
    columns[4 if damage == b"99" else 1] += damage
    told[4] = b"\t".join(columns)
    (out / "_manifest.tsv").write_bytes(b"\n".join(told))
    with pytest.raises(DataError, match=r"_manifest\.tsv: is damaged at"):
        verify(str(out))
    with pytest.raises(DataError, match=r"_manifest\.tsv: is damaged at"):
        pack([str(tmp_path / "x")], str(out), Settings(resume=True, **SMALL))


@pytest.mark.parametrize("codec", BLOB_CODECS)
def test_verify_finds_whatever_is_wrong(codec: str, inputs: tuple[list[str], bytes], tmp_path: Path) -> None:
    out = tmp_path / "out"
    pack(inputs[0], str(out), Settings(codec=codec, **SMALL))
    generator = random.Random(1)
    good = everything(out)
    for path in generator.sample(blobs(out), 3):
        data = bytearray(path.read_bytes())
        data[generator.randrange(len(data))] ^= 1
        path.write_bytes(data)
        try:
            verify(str(out))
            assert codec != "none"
            assert b"".join(open_blocks([str(path)])) == b"".join(open_blocks([str(out / path.name)]))
        except DataError as error:
            assert path.name in str(error)
        path.write_bytes(good[path.name])
    path = blobs(out)[1]
    path.write_bytes(blobs(out)[2].read_bytes())
    with pytest.raises(DataError, match=path.name):
        verify(str(out))
    path.unlink()
    with pytest.raises(NoInputError, match=path.name):
        verify(str(out))
    path.write_bytes(good[path.name])
    (out / f"part-99999{BLOB_CODECS[codec].suffix}").write_bytes(b"")
    with pytest.raises(DataError, match="not in the manifest"):
        verify(str(out))


def test_damaged_inputs_leave_whole_blobs(st_pack: Run, tmp_path: Path, lines: bytes) -> None:
    data = bytearray(gzip.compress(lines, 1))
    data[len(data) * 3 // 4] ^= 1
    (tmp_path / "x.gz").write_bytes(data)
    done = st_pack("x.gz", "-o", "out", "--size", "60000", "-S", "1")
    assert done.returncode == os.EX_DATAERR
    assert done.stderr.startswith(b"st-pack: x.gz: ")
    assert done.stderr.count(b"\n") == 1
    assert lines.startswith(content(tmp_path / "out"))
    assert not (tmp_path / "out" / "_SUCCESS").exists()
    assert not (tmp_path / "out" / "_temporary").exists()
    good = gzip.compress(lines, 1)
    (tmp_path / "x.gz").write_bytes(good)  # mended: another file
    assert st_pack("x.gz", "-o", "out", "--size", "60000", "-S", "1", "--resume").returncode == os.EX_CANTCREAT


def test_a_full_disk(st_pack: Run, tmp_path: Path, lines: bytes) -> None:
    (tmp_path / "x").write_bytes(lines)
    limited = ["bash", "-c", f'ulimit -f 100; trap "" XFSZ; exec {BIN}/st-pack x -o out --codec none --size 200K -S 1']
    done = subprocess.run(limited, cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode == os.EX_IOERR
    assert done.stderr.startswith(b"st-pack: out/part-00000: file too large"), done.stderr
    assert done.stderr.endswith(b"whole blobs are kept in out: go on with --resume\n")
    assert sorted(everything(tmp_path / "out")) == ["_manifest.tsv"]
    assert st_pack("x", "-o", "out", "--codec", "none", "--size", "200K", "-S", "1", "--resume").returncode == 0
    assert content(tmp_path / "out") == lines


def test_threads_that_cannot_be_had_are_told(tmp_path: Path, lines: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> None:
        raise RuntimeError("can't start new thread")

    (tmp_path / "x").write_bytes(lines)
    monkeypatch.setattr("threading.Thread.start", fails)
    with pytest.raises(TransferError, match="can't start new thread; give fewer --jobs"):
        pack([str(tmp_path / "x")], str(tmp_path / "out"), Settings(**SMALL))


def test_a_codec_that_fails_is_noticed(tmp_path: Path, lines: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    from streamtools.errors import StreamtoolsError

    good: BlobCodec = BLOB_CODECS["gz"]
    monkeypatch.setitem(
        BLOB_CODECS, "gz", good._replace(compress=lambda data, level: gzip.compress(data[:-2] + b"x\n"))
    )
    (tmp_path / "x").write_bytes(lines)
    with pytest.raises(StreamtoolsError, match="does not decode to the same"):
        pack([str(tmp_path / "x")], str(tmp_path / "out"), Settings(**SMALL))
    assert blobs(tmp_path / "out") == []


def test_the_command(st_pack: Run, tmp_path: Path, lines: bytes) -> None:
    done = st_pack("-", "-o", "out", "--codec", "zst", "--verify", input=lines)
    assert done.returncode == 0
    told = b"st-pack: 1 blobs: 32,000 lines, %s bytes packed to " % f"{len(lines):,}".encode()
    assert done.stderr.startswith(told), done.stderr
    assert b"verified 1 blobs: 32,000 lines" in done.stderr
    assert st_pack("--verify", "-q", "-o", "out").stderr == b""
    for words, status in (
        (["-o", "x"], os.EX_USAGE),
        (["out/nothing", "-o", "x"], os.EX_NOINPUT),
        (["--verify", "-o", "x"], os.EX_NOINPUT),
        (["out", "-o", "x", "--codec", "gz", "--level", "12"], os.EX_USAGE),
        (["out", "-o", "/proc/x"], os.EX_CANTCREAT),
        (["out", "-o", "-"], os.EX_USAGE),
        (["out", "-o", ""], os.EX_USAGE),
        (["not\nthere", "-o", "x"], os.EX_NOINPUT),
        (["out/_manifest.tsv", "./out/../out/_manifest.tsv", "-o", "x"], os.EX_USAGE),
    ):
        refused = st_pack(*words)
        assert refused.returncode == status, words
        assert refused.stderr.count(b"\n") == 1
    assert not (tmp_path / "x").exists()
    assert not (tmp_path / "-").exists()


HDFS = """#!/bin/sh
# `hdfs dfs -put -f - URI`, `-cat URI`, `-test -e URI`, `-mv URI URI`, `-rm [-f] URI`, on a directory
test "$1" = dfs && shift
for uri; do :; done
file="$STORE/$(basename "$uri")"
case "$1" in
-put) cat > "$file._COPYING_" && mv "$file._COPYING_" "$file" ;;
-cat) cat "$file" ;;
-test) test -e "$file" ;;
-mv) test ! -e "$file" && mv "$STORE/$(basename "$2")" "$file" ;;
-rm) rm -f "$file" ;;
esac
"""


@pytest.fixture
def hdfs(tmp_path: Path) -> dict[str, str]:
    """An environment in which a script stands for the hdfs command; its files are in the directory `store`."""
    for folder in ("store", "bin"):
        (tmp_path / folder).mkdir()
    (tmp_path / "bin" / "hdfs").write_text(HDFS)
    (tmp_path / "bin" / "hdfs").chmod(0o755)
    return {**os.environ, "STORE": str(tmp_path / "store"), "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}


def test_hdfs(hdfs: dict[str, str], st_pack: Run, tmp_path: Path, lines: bytes) -> None:
    (tmp_path / "x").write_bytes(lines)
    options = ["x", "-o", "hdfs:///out", "--size", "60000", "-S", "1", "--codec", "bz2"]
    done = st_pack(*options, "--verify", env=hdfs)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(b"\n") == 2, "two lines of its own, and none of `hdfs dfs -cat`"
    store = tmp_path / "store"
    good = everything(store)
    assert content(store) == lines
    (store / "_SUCCESS").unlink()
    blobs(store)[1].unlink()
    done = st_pack(*options, "--resume", env=hdfs)
    assert done.returncode == 0, done.stderr
    assert b"after 1 that were there" in done.stderr
    assert everything(store) == good
    blobs(store)[1].unlink()
    assert st_pack(*options, "--resume", env=hdfs).returncode == 0  # though it was finished
    assert everything(store) == good


def test_hdfs_has_no_blob_of_a_run_that_was_killed(hdfs: dict[str, str], tmp_path: Path, lines: bytes) -> None:
    """At the end of its input `-put` gives the file its name, whoever made that end."""
    store = tmp_path / "store"
    words = ["-", "-o", "hdfs:///out", "--codec", "none", "--size", "1M", "-S", "1", "-j", "1"]
    killed = subprocess.Popen([BIN / "st-pack", *words], stdin=subprocess.PIPE, env=hdfs)
    assert killed.stdin
    killed.stdin.write(lines)
    killed.stdin.flush()
    end = time.monotonic() + 30
    while not any(path.stat().st_size for path in store.glob("*part-*")) and time.monotonic() < end:
        time.sleep(0.005)
    killed.kill()
    killed.communicate()
    while list(store.glob("*._COPYING_")) and time.monotonic() < end:
        time.sleep(0.005)
    assert [path.name for path in store.glob("*part-*")] == ["_part-00000"]


def test_hdfs_that_fails_gets_no_half_file(hdfs: dict[str, str], st_pack: Run, tmp_path: Path, lines: bytes) -> None:
    data = bytearray(gzip.compress(lines, 1))
    data[-5] ^= 1
    (tmp_path / "x.gz").write_bytes(data)
    done = st_pack("x.gz", "-o", "hdfs:///out", "-S", "1", env=hdfs)
    assert done.returncode == os.EX_DATAERR
    assert list(everything(tmp_path / "store")) == ["_manifest.tsv"]
    (tmp_path / "bin" / "hdfs").write_text("#!/bin/sh\ntest $2 = -cat && exit 1\nexit 3\n")
    done = st_pack("x.gz", "-o", "hdfs:///out", "-S", "1", env=hdfs)
    assert done.returncode == os.EX_IOERR
    assert b"hdfs:///out/_manifest.tsv: hdfs dfs -put ended with status 3" in done.stderr
    (tmp_path / "bin" / "hdfs").unlink()
    lacking = {**hdfs, "PATH": f"{Path(shutil.which('python3') or '').parent}:/usr/bin:/bin"}
    assert st_pack("x.gz", "-o", "hdfs:///out", env=lacking).returncode == os.EX_UNAVAILABLE
