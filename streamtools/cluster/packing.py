"""Archives for the nodes: modules, directories, and libraries that pip fetches as wheels for the nodes' Python."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence

from streamtools.errors import NoInputError, UnavailableError
from streamtools.files import files_below

MOMENT = (1980, 1, 1, 0, 0, 0)  # of every file, so that the same files make the same archive
GLIBC = ("2_28", "2_17", "2_12", "2_5")  # manylinux tags: what EMR 6 and newer, Dataproc and Debian 10 can load


def write_zip(target: str, files: Mapping[str, str]) -> None:
    """Write files, by their names in the archive, to the zip `target`."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(files.items()):
            with open(path, "rb") as file:
                add(archive, name, file.read(), os.fstat(file.fileno()).st_mode & 0o777)


def add(archive: zipfile.ZipFile, name: str, data: bytes, mode: int = 0o644) -> None:
    """Add a file to a zip that is being written."""
    entry = zipfile.ZipInfo(name, MOMENT)
    entry.external_attr = mode << 16
    archive.writestr(entry, data, zipfile.ZIP_DEFLATED)


def below(folder: str) -> dict[str, str]:
    """The files of a directory, by their names relative to it."""
    return {os.path.relpath(path, folder): path for path in files_below(folder)}


def pip_words(wanted: Sequence[str], target: str, version: tuple[int, int], machine: str) -> list[str]:
    """The command that puts wheels for the nodes into a directory, whatever Python runs here."""
    platforms = [f"manylinux_{tag}_{machine}" for tag in GLIBC] + [f"manylinux2014_{machine}", f"linux_{machine}"]
    return [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"),
        *("--target", target, "--only-binary", ":all:", "--implementation", "cp"),
        *("--python-version", ".".join(map(str, version))),
        *(word for platform in platforms for word in ("--platform", platform)),
        *wanted,
    ]


def fetch(wanted: Sequence[str], target: str, version: tuple[int, int], machine: str) -> None:
    """Have pip put libraries into the directory `target`; raises UnavailableError with pip's last word."""
    done = subprocess.run(pip_words(wanted, target, version, machine), capture_output=True, text=True)
    if done.returncode:
        nodes = f"Python {'.'.join(map(str, version))} on {machine}"
        lines = [line for line in done.stderr.splitlines() if line.strip() and "notice" not in line]
        if any("No module named pip" in line for line in lines):
            raise UnavailableError("pip", f"is not in {sys.executable}", "install it: python3 -m ensurepip")
        told = next((line for line in lines if "No matching distribution" in line), (lines or ["no reason given"])[-1])
        remedy = "it takes wheels only; give a directory made on a node, or leave out what has none"
        raise UnavailableError(" ".join(wanted), f"pip found no wheel for {nodes}: {told.strip()}", remedy)


def kept(name: str, wanted: Sequence[str], version: tuple[int, int], machine: str) -> str:
    """The directory in the user's cache with these libraries, fetched the first time; errors as `fetch`."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    place = os.path.join(cache, "streamtools", name)
    if not os.path.isdir(place):
        import shutil
        import tempfile

        os.makedirs(os.path.dirname(place), exist_ok=True)
        folder = tempfile.mkdtemp(dir=os.path.dirname(place))
        try:
            fetch(wanted, folder, version, machine)
            os.chmod(folder, 0o755)
            os.rename(folder, place)
        except OSError:  # another one was faster
            if not os.path.isdir(place):
                raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return place


def environment(source: str, folder: str, version: tuple[int, int], machine: str) -> str:
    """A directory for PYTHONPATH: `source`, a virtual environment's part of it, or what a requirements file asks for.

    The last is put into `folder`. Raises NoInputError, or UnavailableError as `fetch`.
    """
    if os.path.exists(os.path.join(source, "pyvenv.cfg")):
        return os.path.join(source, "lib", f"python{version[0]}.{version[1]}", "site-packages")
    if os.path.isdir(source):
        return source
    if not os.path.isfile(source):
        raise NoInputError(source, "is not there", "--python-env takes a directory or a requirements file")
    fetch(["--requirement", source], folder, version, machine)
    return folder


def importable(folder: str) -> set[str]:
    """The names of the modules and packages at the top of a directory."""
    return {name.partition(".")[0] for name in os.listdir(folder)}
