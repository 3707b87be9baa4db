"""An input that is cut short, replaced or removed, before or while it is read, is never taken for a whole one."""

import bz2
import gzip
import lzma
import os
import signal

import pytest
from encoded_files import zst
from invariants import FILTER, JOB, check
from job_trials import read_parts, write_lines
from trials import Trial, finish, offsets, send, wait_until

TOOLS = {
    "st-cat": ["st-cat", "IN"],
    "st-sort": ["st-sort", "-S", "1M", "-o", "result", "IN"],
    "st-pack": ["st-pack", "-q", "-o", "result", "--size", "1M", "--codec", "none", "IN"],
    "st-run": ["st-run", "--tasks", "4x1", "-input", "IN", "-output", "result", "-mapper", "cat", "-reducer", "cat"],
}
COMPRESS = {"": bytes, "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zst}
DAMAGES = ["truncate", "empty", "replace", "remove and write shorter"]


def make(trial: Trial, tool: str, suffix: str, lines: int) -> tuple[list[str], bytes]:
    """Make an input and a command line; return it with the lines that it gives if nothing happens."""
    content = write_lines(trial.here / "in", trial.rng, lines)
    (trial.here / "in").unlink()
    name = f"in.{suffix}" if suffix else "in"
    (trial.here / name).write_bytes(COMPRESS[suffix](content))
    return [name if word == "IN" else word for word in TOOLS[tool]], content


def result_of(trial: Trial, tool: str, stdout: bytes) -> list[bytes] | None:
    """Return the lines that a tool has given, in any order; None if there is no result."""
    place = trial.here / "result"
    if tool == "st-run":
        parts = read_parts(place)
        return None if parts is None else sorted(b"".join(parts.values()).splitlines())
    if tool == "st-cat":
        return sorted(stdout.splitlines())
    if tool == "st-sort":
        return sorted(place.read_bytes().splitlines()) if place.exists() else None
    if not (place / "_SUCCESS").exists():
        return None
    return sorted(b"".join(path.read_bytes() for path in place.glob("part-*")).splitlines())


@pytest.mark.cases(2)
@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("suffix", [each for each in COMPRESS if each])
def test_cut_before_it_is_read(trial, tool, suffix):
    words, _ = make(trial, tool, suffix, 2000)
    path = trial.here / f"in.{suffix}"
    os.truncate(path, trial.rng.randrange(1, path.stat().st_size))
    ran = trial.run(words)
    check(trial, ran, JOB if tool == "st-run" else FILTER, result_of(trial, tool, ran.stdout), [])
    assert f"in.{suffix}" in ran.told
    if tool != "st-cat":  # whose output cannot be taken back
        assert result_of(trial, tool, ran.stdout) is None


def damage(trial: Trial, name: str, kind: str) -> None:
    """Change a file that is being read."""
    path = trial.here / name
    content = path.read_bytes()
    cut = trial.rng.randrange(1, len(content) // 50)
    if kind == "truncate":
        os.truncate(path, cut)
    elif kind == "empty":
        os.truncate(path, 0)
    elif kind == "replace":
        path.write_bytes(content[::-1])
    else:
        path.unlink()
        path.write_bytes(content[:cut])


@pytest.mark.cases(2)
@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("kind", DAMAGES)
@pytest.mark.parametrize("suffix", ["", "gz"])
def test_changed_while_it_is_read(trial, tool, kind, suffix):
    """All that reads is stopped before the change and goes on after it, so that none of it is a matter of luck."""
    words, content = make(trial, tool, suffix, 300_000)
    name = f"in.{suffix}" if suffix else "in"
    path = trial.here / name
    size = path.stat().st_size
    process = trial.start(words)
    readers = wait_for_a_reader(trial, process.pid, path)
    for pid in (*readers, process.pid):
        send(pid, signal.SIGSTOP)
    at = max((offset for pid in readers for offset in offsets(pid, path)), default=size)
    damage(trial, name, kind)
    for pid in (*readers, process.pid):
        send(pid, signal.SIGCONT)
    ran = finish(process, words)
    right = sorted(content.splitlines())
    check(trial, ran, JOB if tool == "st-run" else FILTER, result_of(trial, tool, ran.stdout), [right])
    in_place = kind != "remove and write shorter"  # a removed file goes on to be read by those who have it open
    if ran.status == 0 and in_place and at < size // 2 and tool != "st-run":
        raise AssertionError("status 0, though half of the input was changed before it was read")


def wait_for_a_reader(trial: Trial, main: int, path: "os.PathLike[str]") -> list[int]:
    """Wait until some processes have the file open; return them."""
    found: list[int] = []

    def look() -> bool:
        found[:] = [pid for pid in trial.processes() if any(offsets(pid, path))]  # type: ignore[arg-type]
        return bool(found) or not trial.processes()

    wait_until(look)
    return found
