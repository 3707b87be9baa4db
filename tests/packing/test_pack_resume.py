"""regrouping.py: a run that was ended continues to the same blobs."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from packed_blobs import SMALL, Run, blobs, content, everything
from places import BIN

from streamtools.errors import CannotCreateError, NoInputError, UsageError
from streamtools.inputs import open_inputs
from streamtools.packing import PackOptions, pack, verify


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
            assert b"".join(open_inputs([str(path)])) in expected
        assert kind == signal.SIGKILL or not (out / "_temporary").exists()
        assert not (out / "_SUCCESS").exists()
        refused = st_pack(*options, out)
        assert refused.returncode == os.EX_CANTCREAT
        assert b"continue with --resume" in refused.stderr


@pytest.mark.parametrize("kept", [0, 1, 4, 99])
def test_a_run_goes_on_to_the_same_blobs(
    kept: int, inputs: tuple[list[str], bytes], sevenzz: Callable[..., Path], tmp_path: Path, lines: bytes
) -> None:
    archive = sevenzz("x.7z", {"a": lines[: len(lines) // 3], "b": b"b", "c": lines}, "-ms=off")
    names = [*inputs[0], str(archive)]
    whole, out = tmp_path / "whole", tmp_path / "out"
    pack(names, str(whole), PackOptions(**SMALL))
    shutil.copytree(whole, out)
    (out / "_SUCCESS").unlink()
    for path in blobs(out)[kept:]:
        path.unlink()
    with (out / "_manifest.tsv").open("r+b") as manifest:  # its last line was cut short
        manifest.truncate((out / "_manifest.tsv").stat().st_size - 5)
    if kept == 99:
        blobs(out)[-1].unlink()
    made = pack(names, str(out), PackOptions(resume=True, **SMALL))
    assert made.kept == min(kept, len(blobs(whole)) - 1)
    assert everything(out) == everything(whole)
    assert pack(names, str(out), PackOptions(resume=True, **SMALL)).blobs == 0  # it was finished
    assert everything(out) == everything(whole)


def test_what_is_not_gone_on_with(inputs: tuple[list[str], bytes], tmp_path: Path) -> None:
    names, _ = inputs
    out = str(tmp_path / "out")
    pack(names, out, PackOptions(**SMALL))
    with pytest.raises(CannotCreateError, match="was already finished"):
        pack(names, out, PackOptions(**SMALL))
    with pytest.raises(CannotCreateError, match="with other options or inputs"):
        pack(names[:-1], out, PackOptions(resume=True, **SMALL))
    with pytest.raises(CannotCreateError, match="with other options or inputs"):
        pack(names, out, PackOptions(resume=True, codec="bz2", **SMALL))
    os.utime(names[0], (1, 1))
    with pytest.raises(CannotCreateError, match="with other options or inputs"):
        pack(names, out, PackOptions(resume=True, **SMALL))
    with pytest.raises(CannotCreateError, match="not empty"):
        pack(names, str(tmp_path / "small"), PackOptions(**SMALL))
    with pytest.raises(CannotCreateError, match="is not a directory"):
        pack(names, names[0], PackOptions(**SMALL))
    with pytest.raises(UsageError, match="given twice"):
        pack([names[0], *names], str(tmp_path / "other"), PackOptions(**SMALL))
    with pytest.raises(UsageError, match="writing to http:// is not supported"):
        pack(names, "http://host/x", PackOptions(**SMALL))
    with pytest.raises(NoInputError, match="no _SUCCESS"):
        verify(str(tmp_path / "small"))


def test_other_jobs_and_memory_go_on_with_the_same_chunks(tmp_path: Path, lines: bytes) -> None:
    """Else a blob that is made again would end elsewhere than the next one, which is still there, begins."""
    (tmp_path / "x").write_bytes(lines)
    out = tmp_path / "out"
    pack([str(tmp_path / "x")], str(out), PackOptions(size=100_000, codec="none", jobs=2, memory=4 << 20))
    whole = everything(out)
    (out / "_SUCCESS").unlink()
    blobs(out)[0].unlink()
    pack([str(tmp_path / "x")], str(out), PackOptions(size=100_000, codec="none", jobs=8, memory=1, resume=True))
    assert everything(out) == whole
    assert content(out) == lines


@pytest.mark.slow
@pytest.mark.parametrize("empty", [["e0"], ["e0", "e1"], ["b", "e0"]])
def test_going_on_in_an_archive_with_empty_members(empty: list[str], tmp_path: Path, lines: bytes) -> None:
    import py7zr

    with py7zr.SevenZipFile(tmp_path / "x.7z", "w") as archive:
        for name in empty:
            archive.writestr(b"" if name != "b" else b"b\n", name)
        archive.writestr(lines, "full")
    out = tmp_path / "out"
    pack([str(tmp_path / "x.7z")], str(out), PackOptions(**SMALL))
    whole = everything(out)
    (out / "_SUCCESS").unlink()
    blobs(out)[-1].unlink()
    pack([str(tmp_path / "x.7z")], str(out), PackOptions(resume=True, **SMALL))
    assert everything(out) == whole
