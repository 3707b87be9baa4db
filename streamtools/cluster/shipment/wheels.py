"""Python libraries for the nodes, fetched by pip as wheels for their version of Python."""

import os
import subprocess
import sys
from collections.abc import Sequence

from streamtools.errors import NoInputError, UnavailableError
from streamtools.scratch.directories import scratch_directory

GLIBC = ("2_28", "2_17", "2_12", "2_5")  # manylinux tags that EMR 6 and newer, Dataproc and Debian 10 can load


def pip_command(wanted: Sequence[str], target: str, version: tuple[int, int], machine: str) -> list[str]:
    """Return the command that installs wheels for the nodes into a directory, whatever Python runs here."""
    platforms = [f"manylinux_{tag}_{machine}" for tag in GLIBC] + [f"manylinux2014_{machine}", f"linux_{machine}"]
    return [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"),
        *("--target", target, "--only-binary", ":all:", "--implementation", "cp"),
        *("--python-version", ".".join(map(str, version))),
        *(word for platform in platforms for word in ("--platform", platform)),
        *wanted,
    ]


def fetch(wanted: Sequence[str], target: str, version: tuple[int, int], machine: str) -> None:
    """Install libraries into the directory `target`. Raises UnavailableError with pip's message."""
    done = subprocess.run(pip_command(wanted, target, version, machine), capture_output=True, text=True)
    if done.returncode:
        nodes = f"Python {'.'.join(map(str, version))} on {machine}"
        lines = [line for line in done.stderr.splitlines() if line.strip() and "notice" not in line]
        if any("No module named pip" in line for line in lines):
            raise UnavailableError("pip", f"not installed for {sys.executable}", "run: python3 -m ensurepip")
        last = (lines or ["no reason given"])[-1]
        reason = next((line for line in lines if "No matching distribution" in line), last).strip()
        remedy = "only wheels can be shipped: give a directory made on a node, or leave out libraries without a wheel"
        raise UnavailableError(" ".join(wanted), f"pip found no wheel for {nodes}: {reason}", remedy)


def fetch_to_cache(name: str, wanted: Sequence[str], version: tuple[int, int], machine: str) -> str:
    """Return a directory in the user's cache with these libraries, fetched the first time. Raises as `fetch`."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    place = os.path.join(cache, "streamtools", name)
    if not os.path.isdir(place):
        with scratch_directory("wheels", os.path.dirname(place)) as scratch:
            folder = os.path.join(scratch, name)
            os.mkdir(folder)
            fetch(wanted, folder, version, machine)
            try:
                os.rename(folder, place)
            except OSError:  # another process was faster
                if not os.path.isdir(place):
                    raise
    return place


def find_libraries(source: str, folder: str, version: tuple[int, int], machine: str) -> str:
    """Return the directory to put on PYTHONPATH for the value of --python-env.

    source: a directory, a virtual environment, or a requirements file, whose libraries are fetched into `folder`.
    Raises NoInputError for a missing source, or UnavailableError as `fetch`.
    """
    if os.path.exists(os.path.join(source, "pyvenv.cfg")):
        return os.path.join(source, "lib", f"python{version[0]}.{version[1]}", "site-packages")
    if os.path.isdir(source):
        return source
    if not os.path.isfile(source):
        raise NoInputError(source, "not found", "--python-env takes a directory or a requirements file")
    fetch(["--requirement", source], folder, version, machine)
    return folder


def importable_names(folder: str) -> set[str]:
    """Return the names of the modules and packages at the top of a directory."""
    return {name.partition(".")[0] for name in os.listdir(folder)}
