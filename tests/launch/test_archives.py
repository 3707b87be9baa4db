"""Archives as inputs of st-run: chosen members, volumes, passwords, damage that is skipped; and standard input."""

import fcntl
import gzip
import os
import pty
import subprocess
import termios
from collections.abc import Callable
from pathlib import Path

import pytest
from encoded_files import py7zr_archive
from places import BIN

from streamtools.errors import DataError
from streamtools.inputs.sevenzip import passwords
from streamtools.inputs.sevenzip.password_check import find_problem
from streamtools.job import Refused, build_job, parse
from streamtools.launch.passwords import check_passwords
from streamtools.launch.stdin_input import keep_stdin, names_stdin
from streamtools.local.describe import describe_inputs
from streamtools.local.input.splits import find_splits
from streamtools.local.recovery import damage

Make = Callable[..., Path]
Run = Callable[..., subprocess.CompletedProcess[bytes]]
LINES = {f"{name}.{kind}": b"".join(b"%s%d\n" % (name.encode(), n) for n in range(9_000)) for name in "abc"
         for kind in ("tsv", "txt")}  # fmt: skip
TSV = b"".join(data for name, data in LINES.items() if name.endswith(".tsv"))


@pytest.fixture
def st_run(folder: Path) -> Run:
    def run(*options: str, name: str = "x.7z", **how: object) -> subprocess.CompletedProcess[bytes]:
        command = [BIN / "st-run", *options, "-input", name, "-output", "out", "-mapper", "cat", "-reducer", "NONE"]
        return subprocess.run(list(map(str, command)), capture_output=True, cwd=folder, **how)  # type: ignore[call-overload,no-any-return]

    return run


def output(folder: Path) -> list[bytes]:
    parts = b"".join(path.read_bytes() for path in sorted((folder / "out").glob("part-*")))
    return sorted(line.rstrip(b"\t") for line in parts.splitlines())


@pytest.mark.parametrize(
    ("members", "options"),
    [
        ("solid", ()),
        ("solid", ("-D", "fs.local.block.size=30000")),
        ("several", ()),
        ("several", ("-D", "mapreduce.job.maps=9")),
        ("several", ("--on-error", "skip-member")),
    ],
)
def test_only_members_that_match_are_read(
    folder: Path, st_run: Run, sevenzz: Make, members: str, options: tuple[str, ...]
) -> None:
    how = ["-mx=1", "-mqs=off"] + (["-ms=off"] if members == "several" else [])
    os.symlink(sevenzz("x.7z", LINES, *how), folder / "x.7z")
    done = st_run("--member", "*.tsv", *options)
    assert done.returncode == 0, done.stderr.decode()
    assert output(folder) == sorted(TSV.splitlines())


def test_the_report_lists_the_members_that_are_read(folder: Path) -> None:
    py7zr_archive(folder / "x.7z", LINES)
    words = ["-D", "streamtools.input.member=*.tsv", "-input", "x.7z", "-output", "out", "-mapper", "cat"]
    (told,) = describe_inputs(find_splits(build_job(parse(words))).splits)
    assert (told.decoded, told.members) == (len(TSV), ["a.tsv", "b.tsv", "c.tsv"])


def test_a_pattern_without_a_match_is_told_before_the_start(folder: Path, st_run: Run) -> None:
    py7zr_archive(folder / "x.7z", LINES)
    done = st_run("--member", "*.csv")
    assert done.returncode == 5
    assert b"x.7z: no member matches '*.csv'; list the members with st-cat --list" in done.stderr
    assert not (folder / "out").exists()


def test_a_dry_run_names_the_members_of_each_task(folder: Path, st_run: Run, sevenzz: Make) -> None:
    os.symlink(sevenzz("x.7z", LINES, "-mx=1", "-ms=off"), folder / "x.7z")
    done = st_run("--dry-run", "--member", "[ab].tsv", "-D", "mapreduce.job.maps=3")
    told = done.stdout.decode()
    assert "a.tsv" in told and "b.tsv" in told and ".txt" not in told and "c.tsv" not in told


@pytest.mark.parametrize("name", ["x.7z", "x.7z.001", "x.7z.002", "x.7z.*"])
def test_volumes_are_understood_however_they_are_named(folder: Path, st_run: Run, sevenzz: Make, name: str) -> None:
    first = sevenzz("x.7z", {"m": LINES["a.tsv"]}, "-mx=0", "-v10k")
    for volume in first.parent.glob("x.7z.*"):
        os.symlink(volume, folder / volume.name)
    done = st_run(name=name)
    assert done.returncode == 0, done.stderr.decode()
    assert output(folder) == sorted(LINES["a.tsv"].splitlines())


def test_a_later_volume_without_the_first_is_refused(folder: Path, st_run: Run) -> None:
    (folder / "x.7z.002").write_bytes(b"x")
    done = st_run(name="x.7z.002")
    assert done.returncode == 5
    assert b"x.7z.001: the first volume of the archive is missing; put all volumes side by side" in done.stderr


@pytest.fixture
def damaged(folder: Path) -> Path:
    """An archive of three members in folders of their own; the second cannot be decoded."""
    import py7zr

    path = folder / "x.7z"
    for mode, name in zip("waa", ("a.tsv", "b.tsv", "c.tsv"), strict=True):
        with py7zr.SevenZipFile(path, mode) as archive:  # type: ignore[arg-type]
            archive.writestr(LINES[name], name)
    data = bytearray(path.read_bytes())
    third = (len(data) - 32) // 3
    data[32 + third + 400 : 32 + third + 500] = b"\0" * 100
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("options", [(), ("-D", "fs.local.block.size=20000"), ("--retries", "1")])
def test_damage_is_skipped_told_once_and_ends_with_65(
    folder: Path, st_run: Run, damaged: Path, options: tuple[str, ...]
) -> None:
    done = st_run("--on-error", "skip-member", *options)
    told = done.stderr.decode()
    assert done.returncode == 65, told
    assert told.count("b.tsv: ") == 1 and "; skipped" in told
    assert "st-run: 1 damaged and skipped; all the rest was read" in told
    found = output(folder)
    whole = (LINES["a.tsv"] + LINES["c.tsv"]).splitlines()
    assert set(whole) <= set(found)
    assert len(found) < len(TSV.splitlines())
    assert (folder / "out" / "_SUCCESS").exists()


def test_without_the_option_damage_fails_the_job(folder: Path, st_run: Run, damaged: Path) -> None:
    done = st_run()
    assert done.returncode == 1 and b"b.tsv: " in done.stderr
    assert not (folder / "out" / "_SUCCESS").exists()


def test_damage_is_noted_once(folder: Path) -> None:
    told: list[str] = []
    for problem in ("bad\nline", "bad\nline", "worse"):
        damage.note(str(folder), told.append, DataError("x.7z: m", problem))
    assert told == ["x.7z: m: bad\\nline; skipped", "x.7z: m: worse; skipped"]
    assert damage.count(str(folder)) == 2


def test_steps_cannot_skip_damage(folder: Path, st_run: Run) -> None:
    (folder / "flow.toml").write_text('[[step]]\nname = "one"\nmapper = "cat"\n')
    done = st_run("--job", "flow.toml", "--on-error", "skip-member")
    assert done.returncode == 64 and b"cannot be used with a job of several steps" in done.stderr


def test_st_pack_chooses_members_and_skips_damage(folder: Path, damaged: Path) -> None:
    command = [BIN / "st-pack", "x.7z", "-o", "packed", "--on-error", "skip-member"]
    done = subprocess.run([*map(str, command), "--member", "[ab].tsv"], capture_output=True, cwd=folder)
    assert done.returncode == 65, done.stderr
    assert b"b.tsv: " in done.stderr and b"1 damaged and skipped; all the rest was written" in done.stderr
    blob = b"".join(gzip.decompress(path.read_bytes()) for path in sorted((folder / "packed").glob("part-*")))
    assert blob.startswith(LINES["a.tsv"]) and b"c0\n" not in blob


@pytest.fixture
def encrypted(folder: Path) -> Path:
    return py7zr_archive(folder / "x.7z", {"m": LINES["a.tsv"]}, password="sesame")


def test_the_problem_with_a_password(encrypted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STREAMTOOLS_7Z_PASSWORD", raising=False)
    missing = find_problem(str(encrypted))
    assert missing and missing.problem == "is encrypted"
    monkeypatch.setenv("STREAMTOOLS_7Z_PASSWORD", "wrong")
    wrong = find_problem(str(encrypted))
    assert wrong and wrong.remedy.startswith("check the password")
    monkeypatch.setenv("STREAMTOOLS_7Z_PASSWORD", "sesame")
    assert find_problem(str(encrypted)) is None


def test_a_typed_password_comes_before_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(passwords.VARIABLE, "old")
    monkeypatch.setattr(passwords, "typed", [])
    assert passwords.Secret("x.7z", None)() == "old"
    passwords.remember("new")
    assert passwords.Secret("x.7z", None)() == "new"
    monkeypatch.delenv(passwords.VARIABLE)
    passwords.typed.clear()
    assert passwords.Secret("x.7z", lambda name: f"asked of {name}")() == "asked of x.7z"


def test_nobody_to_ask(encrypted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STREAMTOOLS_7Z_PASSWORD", raising=False)
    job = build_job(parse(["-input", str(encrypted), "-output", "out", "-mapper", "cat"]))
    with pytest.raises(Refused, match=r"x.7z: is encrypted; set STREAMTOOLS_7Z_PASSWORD to its password"):
        check_passwords(job, lambda name: None)


def test_a_terminal_is_asked_before_the_start_until_the_password_is_right(folder: Path, encrypted: Path) -> None:
    (folder / "map.sh").write_text("#!/bin/sh\nenv | grep PASSWORD\ncat\n")
    (folder / "map.sh").chmod(0o755)
    ours, theirs = pty.openpty()
    command = [BIN / "st-run", "-input", "x.7z", "-output", "out", "-mapper", f"{folder}/map.sh", "-reducer", "NONE"]
    without = {name: value for name, value in os.environ.items() if name != "STREAMTOOLS_7Z_PASSWORD"}
    process = subprocess.Popen(
        list(map(str, command)),
        stdin=theirs,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=without,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # or the question may come on stderr instead
    )
    os.close(theirs)
    asked = ""
    with process:
        try:
            for answer in (b"wrong\n", b"sesame\n"):
                before = asked.count("password of x.7z: ")
                while asked.count("password of x.7z: ") == before:  # what is typed before the question is dropped
                    asked += os.read(ours, 1000).decode()
                os.write(ours, answer)
            told = process.communicate()[1].decode()
        finally:
            process.kill()
            os.close(ours)
    assert process.returncode == 0, told
    assert "sesame" not in asked
    assert output(folder) == sorted(LINES["a.tsv"].splitlines())  # and no command has seen the password


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input_is_an_input(folder: Path, st_run: Run, pack: Callable[[bytes], bytes]) -> None:
    done = st_run("--work-dir", "work", "-D", "mapreduce.job.maps=2", name="-", input=pack(LINES["a.tsv"]))
    assert done.returncode == 0, done.stderr.decode()
    assert output(folder) == sorted(LINES["a.tsv"].splitlines())
    assert os.listdir(folder / "work") == []


def test_a_file_named_like_standard_input_comes_first(folder: Path, st_run: Run) -> None:
    line = parse(["-input", "-", "-output", "out", "-mapper", "cat"])
    assert names_stdin(line)
    (folder / "-").write_text("from the file\n")
    assert not names_stdin(line)
    done = st_run(name="-", input=b"from the stream\n")
    assert done.returncode == 0 and output(folder) == [b"from the file"]


def test_standard_input_cannot_be_read_again(folder: Path, st_run: Run) -> None:
    done = st_run("--resume", name="-", input=b"x\n")
    assert done.returncode == 64 and b"standard input cannot be read again" in done.stderr


def test_what_was_read_from_standard_input_goes_away(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "in").write_bytes(b"x\n")
    line = parse(["-input", "-", "other", "-output", "out", "-mapper", "cat"])
    with open("in") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        with keep_stdin(line, "work") as complete:
            path, other = complete.all("input")
            assert other == "other" and Path(path).read_bytes() == b"x\n"
    assert os.listdir("work") == []
