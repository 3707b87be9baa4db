"""Archives that -archives unpacks: whatever is in them, nothing outside of the task's folder is touched."""

import io
import stat
import tarfile
import zipfile

import pytest
from invariants import JOB, check, picture
from job_trials import read_parts
from trials import Trial

pytestmark = pytest.mark.filterwarnings("ignore:Duplicate name")  # what zipfile says of some of these archives

KINDS = ["zip", "jar", "tar", "tar.gz"]
SAFE = ("safe", b"safe\n", 0o644, "")  # name, content, mode, target of a link


def climbing(trial: Trial) -> list[str]:
    """Return names of a file outside, as a member might have them."""
    up = "../" * trial.rng.randrange(1, 7)
    return [
        f"{up}outside/victim",
        str(trial.outside / "victim"),
        f"safe/../{up}outside/victim",
        f"./{up}new",
        f"{up}outside/keep/inner",
    ]


def write_archive(path, members: list[tuple[str, bytes, int, str]]) -> None:
    """Write an archive with exactly these names. A mode of a link has the type S_IFLNK, of a hard link S_IFREG."""
    if path.suffix in (".zip", ".jar"):
        with zipfile.ZipFile(path, "w") as archive:
            for name, content, mode, target in members:
                info = zipfile.ZipInfo("x")
                info.filename, info.create_system = name, 3
                info.external_attr = ((mode if stat.S_IFMT(mode) else stat.S_IFREG | mode) & 0xFFFF) << 16
                archive.writestr(info, target or content)
        return
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        for name, content, mode, target in members:
            info = tarfile.TarInfo(name)
            info.mode, info.linkname = stat.S_IMODE(mode), target
            kinds = {stat.S_IFLNK: tarfile.SYMTYPE, stat.S_IFIFO: tarfile.FIFOTYPE, stat.S_IFCHR: tarfile.CHRTYPE}
            info.type = kinds.get(stat.S_IFMT(mode), tarfile.LNKTYPE if target else tarfile.REGTYPE)
            info.size = 0 if target else len(content)
            archive.addfile(info, io.BytesIO(b"" if target else content))


def run_with(trial: Trial, name: str, link: str = "a"):
    """Run a job that ships an archive and prints what is in it."""
    (trial.here / "in").write_bytes(b"x\n")
    (trial.here / "look.sh").write_text("cat >/dev/null; cat a/safe 2>/dev/null || echo none\n")
    words = ["st-run", "--quiet", "-archives", f"{name}#{link}", "-input", "in", "-output", "out"]
    return trial.run([*words, "-mapper", "sh look.sh", "-reducer", "NONE"])


def check_outside(trial: Trial, before: object, ran, kind: str, must_refuse: bool) -> None:
    """Check that nothing outside has changed, and that an archive which climbs was refused by name."""
    assert picture(trial.outside) == before, "a file outside has changed"
    names = {path.name for path in trial.here.parent.iterdir()}
    assert names == {"here", "outside"}, names
    check(trial, ran, JOB, read_parts(trial.here / "out"), [{"part-00000": b"safe\t\n"}])
    if must_refuse:
        assert ran.status and f"x.{kind}" in ran.told, ran.told


@pytest.mark.cases(4)
@pytest.mark.parametrize("kind", KINDS)
def test_names_that_lead_out(trial, kind):
    before = picture(trial.outside)
    mode = trial.rng.choice([0o666, 0o600, 0o777, 0o4755])
    members = [SAFE, (trial.rng.choice(climbing(trial)), b"PWNED\n", mode, "")]
    trial.rng.shuffle(members)
    write_archive(trial.here / f"x.{kind}", members)
    check_outside(trial, before, run_with(trial, f"x.{kind}"), kind, must_refuse=True)


@pytest.mark.cases(4)
@pytest.mark.parametrize("kind", KINDS)
def test_links_that_lead_out(trial, case, kind):
    before = picture(trial.outside)
    target = [str(trial.outside), "../" * 8 + "outside", str(trial.outside / "victim"), "../../outside/victim"][
        case % 4
    ]
    hard = kind.startswith("tar") and trial.rng.random() < 0.4
    link = ("link", b"", 0o644 if hard else stat.S_IFLNK | 0o777, target)
    through = ("link" if target.endswith("victim") else "link/victim", b"PWNED\n", 0o666, "")
    write_archive(trial.here / f"x.{kind}", [SAFE, link, through] if trial.rng.random() < 0.7 else [SAFE, link])
    check_outside(trial, before, run_with(trial, f"x.{kind}"), kind, must_refuse=True)


ODD = [
    "a\nb",
    "\x1b[31mred",
    "x" * 300,
    "safe/below-a-file",
    ".",
    "",
    "a//b",
    "\\..\\..\\x",
    "C:\\x",
    "é\u2028",
    "safe",
]


@pytest.mark.parametrize("name", ODD, ids=ascii)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_odd_names(trial, kind, name):
    before = picture(trial.outside)
    write_archive(trial.here / f"x.{kind}", [SAFE, (name, b"safe\n", 0o644, "")])
    check_outside(trial, before, run_with(trial, f"x.{kind}"), kind, must_refuse=False)


@pytest.mark.parametrize("kind", [stat.S_IFIFO, stat.S_IFCHR])
def test_devices(trial, kind):
    before = picture(trial.outside)
    write_archive(trial.here / "x.tar", [SAFE, ("device", b"", kind | 0o666, "")])
    check_outside(trial, before, run_with(trial, "x.tar"), "tar", must_refuse=False)


@pytest.mark.parametrize("link", ["../outside/l", "../../new/l", "a/../../outside/l", "/tmp/../OUT/l"])
@pytest.mark.parametrize("option", ["-files", "-archives", "-cacheFile", "-cacheArchive"])
def test_names_of_links_that_lead_out(trial, option, link):
    before = picture(trial.outside)
    link = link.replace("/tmp/../OUT", str(trial.outside))
    (trial.here / "in").write_bytes(b"safe\n")
    generic = [option, f"in#{link}"]
    words = ["-input", "in", "-output", "out", "-mapper", "cat", "-reducer", "NONE"]
    words = [*generic, *words] if option in ("-files", "-archives") else [*words, *generic]
    check_outside(trial, before, trial.run(["st-run", "--quiet", *words]), "", must_refuse=False)


def test_a_replay_folder_that_is_a_link(trial):
    """The place where a job for stdout keeps failed tasks can be foretold, and another user can make a link there."""
    (trial.here / "in").write_bytes(b"safe\n")
    words = ["st-run", "--quiet", "--stdout", "-input", "in", "-mapper", "false"]
    assert trial.run(words).status == 1
    place = next(trial.tmp.glob("st-run-*"))
    trial.run(["st-run", "--quiet", "--stdout", "-input", "in", "-mapper", "cat"])
    victim = trial.outside / "replay-map-000000"
    victim.mkdir()
    (victim / "keep").write_bytes(b"SECRET\n")
    for path in sorted(place.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    place.rmdir()
    place.symlink_to(trial.outside)
    before = picture(trial.outside)
    trial.run(words)
    assert picture(trial.outside) == before
