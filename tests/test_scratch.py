"""streamtools.scratch: directories of ours are locked while they are in use, and swept when they are not."""

import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from streamtools.scratch import directories
from streamtools.scratch.directories import (
    default_parent,
    directories_in,
    place_of,
    remove,
    scratch_directory,
    sweep,
    use_of,
)
from streamtools.scratch.links import note_link, remove_links
from streamtools.scratch.locking import InUse, Owner, is_in_use, make_private, owner_of, take, take_unused

UID = os.getuid()
TEMPORARY = f"st-run-{UID}-tmp-0123456789ab"
NAMED = f"st-run-{UID}-0123456789abcdef"


def make(path: Path, *names: str) -> Path:
    """Make a directory as a killed run leaves it."""
    path.mkdir(mode=0o700)
    for name in ("lock", *names):
        place = path / name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"")
    return path


def test_a_directory_lasts_as_long_as_its_block(tmp_path):
    with scratch_directory("run", str(tmp_path / "work")) as path:
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o700
        assert is_in_use(path)
        owner = owner_of(path)
        assert owner and owner.process == os.getpid() and os.path.basename(sys.argv[0]) in owner.command
        sweep(str(tmp_path / "work"))
        assert not remove(path) and os.path.isdir(path)
    assert os.listdir(tmp_path / "work") == []


@pytest.mark.parametrize("name", ["TMPDIR", "TEMP", "TMP"])
def test_the_system_has_a_place_for_them(tmp_path, monkeypatch, name):
    monkeypatch.delenv("TMPDIR")
    monkeypatch.setenv(name, str(tmp_path))
    with scratch_directory("run") as path:
        assert os.path.dirname(path) == str(tmp_path)


def test_where_that_place_is_missing_another_one_serves(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert os.access(default_parent(), os.W_OK) and default_parent() != str(tmp_path / "missing")


@pytest.mark.parametrize(
    ("name", "content", "stays"),
    [
        (TEMPORARY, [], False),
        (TEMPORARY, ["began", "map-000000.done", "replay-map-000001/task.json"], False),
        (NAMED, [], False),
        (NAMED, ["links", "archive-0/x"], False),
        (NAMED, ["began"], "a begun job for --resume"),
        (NAMED, ["map-000000.done", "began"], "1 finished task for --resume"),
        (NAMED, ["replay-map-000001/task.json", "replay-map-000002/x"], "2 failed tasks for --replay"),
        (NAMED.replace("run", "flow"), [f"{NAMED}/lock"], "a begun job for --resume"),
        (f"st-run-{UID + 1}-0123456789abcdef", [], True),  # made for another user
        (f"st-run-{UID}-somebodys", [], True),
        (f"x{NAMED}", [], True),
    ],
)
def test_what_a_killed_process_leaves_is_swept_unless_a_run_can_go_on_with_it(tmp_path, name, content, stays):
    make(tmp_path / name, *content)
    sweep(str(tmp_path))
    assert (tmp_path / name).exists() == bool(stays)
    if isinstance(stays, str):
        assert use_of(str(tmp_path / name)) == stays
        assert remove(str(tmp_path / name)) and os.listdir(tmp_path) == []


def test_what_has_no_lock_is_not_ours_unless_it_is_empty(tmp_path):
    (tmp_path / TEMPORARY).mkdir(mode=0o700)
    (tmp_path / NAMED).mkdir(mode=0o700)
    (tmp_path / NAMED / "thesis.tex").write_bytes(b"")
    sweep(str(tmp_path))
    assert os.listdir(tmp_path) == [NAMED]


@pytest.mark.parametrize("kind", ["link", "file", "others may write", "of another user"])
def test_what_another_user_may_have_put_there_is_not_touched(tmp_path, monkeypatch, kind):
    (tmp_path / "outside").mkdir()
    outside = make(tmp_path / "outside" / "victim", "keep")
    place = tmp_path / TEMPORARY
    if kind == "link":
        place.symlink_to(outside)
    elif kind == "file":
        place.write_bytes(b"")
    else:
        make(place)
        if kind == "others may write":
            place.chmod(0o770)
        else:
            lstat = os.lstat
            monkeypatch.setattr(os, "lstat", lambda path: os.stat_result((*lstat(path)[:4], UID + 1, *lstat(path)[5:])))
    sweep(str(tmp_path))
    assert os.path.lexists(place) and sorted(os.listdir(outside)) == ["keep", "lock"]
    assert not remove(str(place))
    with pytest.raises(PermissionError):
        make_private(str(place))


def test_a_file_system_without_locks(tmp_path, monkeypatch):
    def refuse(_descriptor: int, *, shared: bool = False) -> bool:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("streamtools.scratch.locking.try_lock", refuse)
    make(tmp_path / TEMPORARY)
    with scratch_directory("run", str(tmp_path)) as path:
        assert is_in_use(path)
    assert os.listdir(tmp_path) == [TEMPORARY]  # it may be in use


HOLD = """
    import sys
    from streamtools.scratch.directories import scratch_directory
    from streamtools.scratch.links import note_link
    with scratch_directory("run", sys.argv[1]) as path:
        note_link(path, sys.argv[2], "target")
        print(path, flush=True)
        sys.stdin.read()
"""


def test_of_a_process_that_is_killed_nothing_stays_after_the_next_start(tmp_path):
    """Not the symbolic links, either, that it has made elsewhere and that still point where they did."""
    links = [tmp_path / "link", tmp_path / "changed"]
    work = tmp_path / "work"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(HOLD), work, link], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for link in links
    ]
    paths = [os.fsdecode(process.stdout.readline().strip()) for process in started]
    links[0].symlink_to("target")
    links[1].symlink_to("elsewhere")
    sweep(str(work))
    assert sorted(directories_in(str(work))) == sorted(paths)  # both run
    for process in started:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert all(map(os.path.isdir, paths))
    with scratch_directory("run", str(work)) as path:
        assert directories_in(str(work)) == [path]
    assert not os.path.lexists(links[0]) and os.path.lexists(links[1])


def test_a_lock_is_held_by_forked_processes_too(tmp_path):
    path = str(tmp_path / NAMED)
    reads, writes = os.pipe()
    lock = take(path)
    child = os.fork()
    if not child:
        os.close(writes)
        os.read(reads, 1)
        os._exit(0)
    os.close(lock)
    try:
        assert is_in_use(path)
    finally:
        os.close(writes)
        os.close(reads)
        os.waitpid(child, 0)
    assert not is_in_use(path)


def test_several_share_a_lock_and_the_first_one_signs_it(tmp_path, monkeypatch):
    path = str(tmp_path / NAMED)
    locks = [take(path, shared=True)]
    monkeypatch.setattr(sys, "argv", ["another"])
    locks.append(take(path, shared=True))
    owner = owner_of(path)
    assert owner and owner.command != "another"
    assert not remove(path)
    for lock in locks:
        os.close(lock)
    assert remove(path)


def test_who_uses_a_directory_is_told_without_secrets(tmp_path, monkeypatch):
    monkeypatch.setattr("streamtools.scratch.locking.GLANCE", 0.0)
    monkeypatch.setattr(sys, "argv", ["/bin/st-run", "-input", "http://me:secret@host/x", "a\nb\x1b"])
    path = str(tmp_path / NAMED)
    lock = take(path)
    with pytest.raises(InUse) as caught:
        take(path)
    assert caught.value.who == rf"process {os.getpid()}: st-run -input http://***@host/x 'a\nb\x1b'"
    os.close(lock)
    ended = subprocess.Popen(["true"])
    ended.wait()
    who = InUse(path, Owner(ended.pid, "st-run x")).who
    assert who == f"what process {ended.pid}: st-run x, which has ended, had started"
    assert InUse(path, None).who == "a process that has just begun"


def test_a_directory_that_is_swept_while_it_is_made_is_made_again(tmp_path, monkeypatch):
    """A sweeper comes between each two steps of the one that makes it."""
    swept = []

    def sweep_before(name):
        function = getattr(os, name)

        def call(*args, **kwargs):
            monkeypatch.setattr(os, name, function)
            swept.append((name, len(directories_in(str(tmp_path)))))
            sweep(str(tmp_path))
            return function(*args, **kwargs)

        monkeypatch.setattr(os, name, call)

    for name in ("open", "fstat", "lstat"):
        sweep_before(name)
        with scratch_directory("run", str(tmp_path)) as path:
            assert is_in_use(path) and directories_in(str(tmp_path)) == [path]
    assert swept[0] == ("open", 1)
    assert os.listdir(tmp_path) == []


def test_a_sweeper_that_looks_does_not_let_an_owner_be_refused(tmp_path, monkeypatch):
    path = str(tmp_path / NAMED)
    os.close(take(path))  # signed by this process, which is alive
    looking = take_unused(path)
    assert looking is not None
    monkeypatch.setattr("time.sleep", lambda _seconds: os.close(looking))
    os.close(take(path))


def test_a_directory_goes_away_under_another_name(tmp_path, monkeypatch):
    """So its place can be taken while it goes, and what a killed sweeper leaves is swept."""
    seen = []
    monkeypatch.setattr("shutil.rmtree", lambda path, **_: seen.append(os.listdir(tmp_path)))
    monkeypatch.setattr(os, "walk", lambda _path: [])
    path = make(tmp_path / NAMED, "began")
    remove(str(path))
    monkeypatch.undo()
    assert NAMED not in seen[0] and directories_in(str(tmp_path)) == [str(tmp_path / seen[0][0])]
    assert seen[0][0].startswith(f"st-run-{UID}-tmp-")  # of the same tool
    sweep(str(tmp_path))
    assert os.listdir(tmp_path) == []


def test_what_its_tasks_have_protected_goes_away_too(tmp_path):
    with scratch_directory("run", str(tmp_path)) as path:
        os.makedirs(os.path.join(path, "a", "b"))
        os.symlink("/", os.path.join(path, "root"))
        os.chmod(os.path.join(path, "a"), 0o500)
    assert os.listdir(tmp_path) == []


def test_many_sweepers_and_makers_at_once(tmp_path):
    """No maker loses its directory while it works in it."""
    code = """
        import os, sys
        from streamtools.scratch.directories import scratch_directory
        for _ in range(100):
            with scratch_directory("run", sys.argv[1]) as path:
                open(os.path.join(path, "file"), "w").close()
                assert sorted(os.listdir(path)) == ["file", "lock"]
    """
    words = [sys.executable, "-c", textwrap.dedent(code), tmp_path]
    processes = [subprocess.Popen(words, stderr=subprocess.PIPE) for _ in range(3)]
    assert [process.communicate()[1] for process in processes] == [b""] * 3
    assert os.listdir(tmp_path) == []


def test_names(tmp_path):
    assert place_of("out", str(tmp_path)) == place_of("out", str(tmp_path)) != place_of("out2", str(tmp_path))
    assert os.path.basename(place_of("out", "/w", "flow")).startswith(f"st-flow-{UID}-")
    assert directories_in(str(tmp_path / "missing")) == []
    assert directories.new_path("run", "/w") != directories.new_path("run", "/w")


def test_links_that_are_noted(tmp_path):
    note_link(str(tmp_path), str(tmp_path / "a"), "x")
    (tmp_path / "a").symlink_to("x")
    remove_links(str(tmp_path))
    assert os.listdir(tmp_path) == []
    remove_links(str(tmp_path))
