"""What a job needs on nodes where nothing of ours is installed, and how it is put there.

job --needs--> Needs --staged--> Shipment --hadoop.argv--> the command line
  reads scripts      writes archives
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from streamtools.cluster import bundle, packing
from streamtools.cluster.commands import BUNDLE, Command, for_nodes
from streamtools.cluster.modules import Modules, modules_of
from streamtools.errors import NoInputError, UsageError
from streamtools.inputs.locations import is_remote
from streamtools.job import Job

ROLES = ("mapper", "combiner", "reducer")
MODULES, LIBRARIES, DECODERS = "modules.zip", "python-env.zip", "decoders.zip"  # directories of these names, there
DECODING = ("py7zr>=1.0", "isal>=1.6", "backports.zstd>=1.0; python_version < '3.14'")  # what inputs want for codecs
PLAIN_NAME = re.compile(r"[^\s,#%?:]+")  # what -files takes without a thought


@dataclass(frozen=True)
class Nodes:
    """What is told of the nodes: their Python, the word that runs it, what they have, and what is to go there."""

    version: tuple[int, int] = (3, 9)
    python: str = "python3"
    machine: str = field(default_factory=lambda: os.uname().machine)
    have: tuple[str, ...] = ()  # modules that are installed there
    files: tuple[str, ...] = ()
    environment: str = ""  # a directory of libraries, or a requirements file
    manifest: bool = False  # inputs are streamed by the tasks themselves, by the names in a list


@dataclass(frozen=True)
class Needs:
    """What goes to the nodes, before anything is written."""

    nodes: Nodes
    commands: Mapping[str, Command]  # by role
    files: tuple[str, ...]  # items of -files, beyond what the user lists there
    folders: Mapping[str, str]  # archives to be made of directories: link -> directory
    modules: Modules
    has_bundle: bool
    has_decoders: bool = False
    given: tuple[tuple[str, str], ...] = ()  # the user's own -cmdenv

    @property
    def runs_python(self) -> bool:
        """Whether a command is Python's at all."""
        return any(command.is_python for command in self.commands.values())

    @property
    def imports(self) -> bool:
        """Whether one is not just a tool of the bundle, which finds itself."""
        return any(command.is_python and not command.tool for command in self.commands.values()) or self.has_decoders


@dataclass(frozen=True)
class Shipment:
    """What a command line has more than the job: words of -files and -archives, environment, commands by role."""

    commands: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    properties: tuple[tuple[str, str], ...] = ()
    inputs: tuple[str, ...] = ()  # instead of the job's
    input_format: str = ""


def needs(job: Job, nodes: Nodes) -> Needs:
    """What a job needs beyond what its command line ships; reads its scripts, writes nothing.

    Raises NoInputError for a missing --file, DataError for a script that the nodes' Python cannot read.
    """
    listed = {item.link: item.path for item in job.shipped if not item.is_archive}
    listed |= {os.path.basename(path): path for path in job.packed}
    shipped = {link: path for link, path in listed.items() if not is_remote(path)}
    for path in nodes.files:
        if not os.path.exists(path):
            raise NoInputError(path, "is not there", "check the name after --file")
        shipped[os.path.basename(os.path.normpath(path))] = path
    stages = {"mapper": job.mapper, "combiner": job.combiner, "reducer": job.reducer}
    commands = {
        role: for_nodes(stage.text, nodes.python, shipped)
        for role, stage in stages.items()
        if stage and stage.is_command and not (role != "mapper" and not job.reduces)
    }
    if nodes.manifest:
        commands["mapper"] = _streaming(commands.get("mapper"), nodes.python)
    scripts = [command.script for command in commands.values() if command.script]
    python = [command.script for command in commands.values() if command.script and command.is_python]
    python += [path for link, path in shipped.items() if link.endswith(".py") and path not in python]
    named = [command.module for command in commands.values() if command.module]
    modules = modules_of(python, nodes.version, _search(), named)
    extra = _extra([*nodes.files, *scripts], listed)
    return Needs(
        nodes=nodes,
        commands=commands,
        files=tuple(path for path in extra.values() if not os.path.isdir(path)),
        folders={name: path for name, path in extra.items() if os.path.isdir(path)},
        modules=modules,
        has_bundle=modules.uses_package or nodes.manifest or any(command.tool for command in commands.values()),
        has_decoders=nodes.manifest or any(command.tool == "st-cat" for command in commands.values()),
        given=job.environment,
    )


def _streaming(mapper: "Command | None", python: str) -> Command:
    """The mapper, run once for each input that the lines of a manifest name, by what opens it on the node."""
    inner = mapper or Command("cat")
    return inner._replace(text=f"{python} -m streamtools.cluster.stream {inner.text}", is_python=True)


def _search() -> list[str]:
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


def _extra(paths: Sequence[str], listed: Mapping[str, str]) -> dict[str, str]:
    """Names in the task -> paths, without those that the user has listed for -files, by their names too.

    Raises UsageError for odd names, and for two paths of one name. (A listed path that is not here is not compared.)
    """
    by_name: dict[str, str] = {}
    for path in paths:
        name = os.path.basename(os.path.normpath(path))
        other = listed.get(name) or by_name.setdefault(name, path)
        if os.path.exists(other) and os.path.realpath(other) != os.path.realpath(path):
            raise UsageError(path, f"and {other} would be one file in the task", "rename one of them")
        if name not in listed and not PLAIN_NAME.fullmatch(name if os.path.isdir(path) else path):
            raise UsageError(path, "Hadoop cannot ship a file of that name", "take blanks, commas and # out of it")
    return by_name


def staged(found: Needs, folder: str, *, dry: bool = False) -> Shipment:
    """Write the archives that are needed into `folder` and say how they are shipped; dry: only say it."""
    place = f"{folder}/" if folder else ""
    files, archives = list(found.files), []
    path = ["."]  # a script's own directory is not the task's: each file is a link into a cache
    if found.has_bundle:
        target = f"{place}{BUNDLE}"
        if not dry:
            bundle.ship(target, found.nodes.version)
        files.append(target)
        path.append(BUNDLE)
    if found.modules.files:
        archives.append(_archive(f"{place}{MODULES}", "", found.modules.files, dry))
        path.insert(1, MODULES)
    for link, source in found.folders.items():
        archives.append(_archive(f"{place}{link}.zip", link, {} if dry else packing.below(source), dry))
    if found.nodes.environment:
        libraries = {} if dry else packing.below(libraries_of(found.nodes, folder))
        archives.append(_archive(f"{place}{LIBRARIES}", "", libraries, dry))
        path.append(LIBRARIES)
    if found.has_decoders:
        nodes = found.nodes
        name = f"decoders-{nodes.version[0]}.{nodes.version[1]}-{nodes.machine}"
        libraries = {} if dry else packing.below(packing.kept(name, DECODING, nodes.version, nodes.machine))
        archives.append(_archive(f"{place}{DECODERS}", "", libraries, dry))
        path.append(DECODERS)
    return Shipment(
        commands={role: command.text for role, command in found.commands.items()},
        files=tuple(files),
        archives=tuple(archives),
        environment=environment(found.given, path if found.imports else ()) if found.runs_python else (),
    )


def libraries_of(nodes: Nodes, folder: str) -> str:
    """The directory of the libraries, fetched into `folder` the first time that it is asked for."""
    target = os.path.join(folder, f"{LIBRARIES}.d")
    if os.path.isdir(target):
        return target
    found = packing.environment(nodes.environment, target, nodes.version, nodes.machine)
    if not os.path.isdir(found):
        raise NoInputError(found, "is not there", "is --node-python the version of that environment?")
    return found


def environment(given: Sequence[tuple[str, str]], path: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The environment that Python needs, less what the user sets; a PYTHONPATH of the user's comes behind ours."""
    theirs = dict(given)
    behind = [theirs["PYTHONPATH"]] if theirs.get("PYTHONPATH") else []
    ours = {"PYTHONHASHSEED": "0", "PYTHONPATH": ":".join([*path, *behind] if path else ()), "PYTHONUTF8": "1"}
    return tuple((name, value) for name, value in ours.items() if value and name not in theirs.keys() - {"PYTHONPATH"})


def _archive(target: str, link: str, files: Mapping[str, str], dry: bool) -> str:
    if not dry:
        packing.write_zip(target, files)
    return f"{target}#{link}" if link else target
