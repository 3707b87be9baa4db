"""Writing of the archives that a job ships, and the options that ship them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from streamtools.cluster.shipment import bundle
from streamtools.cluster.shipment.archives import list_files, write_zip
from streamtools.cluster.shipment.needs import Needs, Nodes
from streamtools.cluster.shipment.node_commands import BUNDLE
from streamtools.cluster.shipment.wheels import fetch_to_cache, find_libraries, importable_names
from streamtools.errors import NoInputError

MODULES, LIBRARIES, DECODERS = "modules.zip", "python-env.zip", "decoders.zip"  # directories of these names in the task
DECODING = ("py7zr>=1.0", "isal>=1.6", "backports.zstd>=1.0; python_version < '3.14'")  # what inputs need for codecs


@dataclass(frozen=True)
class Shipment:
    """What a command line has beyond the job.

    commands: by role, as the nodes can run them; files, archives: items of -files and -archives;
    inputs, input_format: instead of the job's own, if not empty.
    """

    commands: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    properties: tuple[tuple[str, str], ...] = ()
    inputs: tuple[str, ...] = ()
    input_format: str = ""


def stage(needs: Needs, folder: str, *, dry: bool = False) -> Shipment:
    """Write the archives that are needed into `folder`; return how they are shipped. dry: write nothing."""
    prefix = f"{folder}/" if folder else ""
    files, archives = list(needs.files), []
    path = ["."]  # PYTHONPATH lacks the task's directory otherwise: each script there is a link into a cache
    if needs.has_bundle:
        target = f"{prefix}{BUNDLE}"
        if not dry:
            bundle.write_for_nodes(target, needs.nodes.version)
        files.append(target)
        path.append(BUNDLE)
    if needs.modules.files:
        archives.append(_archive(f"{prefix}{MODULES}", "", needs.modules.files, dry))
        path.insert(1, MODULES)
    for link, source in needs.folders.items():
        archives.append(_archive(f"{prefix}{link}.zip", link, {} if dry else list_files(source), dry))
    if needs.nodes.environment:
        libraries = {} if dry else list_files(fetch_libraries(needs.nodes, folder))
        archives.append(_archive(f"{prefix}{LIBRARIES}", "", libraries, dry))
        path.append(LIBRARIES)
    if needs.has_decoders:
        libraries = {} if dry else list_files(_fetch_decoders(needs.nodes))
        archives.append(_archive(f"{prefix}{DECODERS}", "", libraries, dry))
        path.append(DECODERS)
    return Shipment(
        commands={role: command.text for role, command in needs.commands.items()},
        files=tuple(files),
        archives=tuple(archives),
        environment=python_environment(needs.given, path if needs.imports else ()) if needs.runs_python else (),
    )


def shipped_modules(needs: Needs, folder: str) -> set[str]:
    """Return the names of the modules that --python-env brings; its libraries are fetched into `folder`."""
    return importable_names(fetch_libraries(needs.nodes, folder)) if needs.nodes.environment else set()


def fetch_libraries(nodes: Nodes, folder: str) -> str:
    """Return the directory of the libraries of --python-env, fetched into `folder` on the first call."""
    target = os.path.join(folder, f"{LIBRARIES}.d")
    if os.path.isdir(target):
        return target
    found = find_libraries(nodes.environment, target, nodes.version, nodes.machine)
    if not os.path.isdir(found):
        raise NoInputError(found, "not found", "check that --node-python is the Python version of that environment")
    return found


def python_environment(given: Sequence[tuple[str, str]], path: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the environment variables that Python needs on the nodes, without those that the user sets.

    The user's own PYTHONPATH comes behind ours.
    """
    theirs = dict(given)
    behind = [theirs["PYTHONPATH"]] if theirs.get("PYTHONPATH") else []
    ours = {"PYTHONHASHSEED": "0", "PYTHONPATH": ":".join([*path, *behind] if path else ()), "PYTHONUTF8": "1"}
    return tuple((name, value) for name, value in ours.items() if value and name not in theirs.keys() - {"PYTHONPATH"})


def _fetch_decoders(nodes: Nodes) -> str:
    name = f"decoders-{nodes.version[0]}.{nodes.version[1]}-{nodes.machine}"
    return fetch_to_cache(name, DECODING, nodes.version, nodes.machine)


def _archive(target: str, link: str, files: Mapping[str, str], dry: bool) -> str:
    """Write an archive; return its item of -archives."""
    if not dry:
        write_zip(target, files)
    return f"{target}#{link}" if link else target
