"""What a job needs on the nodes beyond what its command line ships."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from streamtools.cluster.shipment.needed_modules import Modules, find_modules
from streamtools.cluster.shipment.node_commands import Command, rewrite_for_nodes
from streamtools.errors import NoInputError, UsageError
from streamtools.inputs.locations import is_remote
from streamtools.job import Job

PLAIN_NAME = re.compile(r"[^\s,#%?:]+")  # names that -files takes as they are


@dataclass(frozen=True)
class Nodes:
    """What the user says about the nodes, and what is to be shipped to them.

    python: the command for Python; have: modules that are installed there; files: local files and directories to ship;
    environment: a directory of libraries or a requirements file; manifest: map tasks decode inputs named in a list.
    """

    version: tuple[int, int] = (3, 9)
    python: str = "python3"
    machine: str = field(default_factory=lambda: os.uname().machine)
    have: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    environment: str = ""
    manifest: bool = False


@dataclass(frozen=True)
class Needs:
    """What goes to the nodes, known before anything is written.

    commands: by role; files: paths for -files beyond those that the user lists there; folders: directories to be
    shipped as archives, by their names in the task; given: the user's own -cmdenv.
    """

    nodes: Nodes
    commands: Mapping[str, Command]
    files: tuple[str, ...]
    folders: Mapping[str, str]
    modules: Modules
    has_bundle: bool
    has_decoders: bool = False
    given: tuple[tuple[str, str], ...] = ()

    @property
    def runs_python(self) -> bool:
        """Whether any command runs Python."""
        return any(command.is_python for command in self.commands.values())

    @property
    def imports(self) -> bool:
        """Whether a command imports modules; a tool of the bundle finds its own without PYTHONPATH."""
        return any(command.is_python and not command.tool for command in self.commands.values()) or self.has_decoders


def find_needs(job: Job, nodes: Nodes) -> Needs:
    """Return what a job needs. Reads its scripts, writes nothing.

    Raises NoInputError for a missing --file, DataError for a script that the nodes' Python cannot read.
    """
    listed = {item.link: item.path for item in job.shipped if not item.is_archive}
    listed |= {os.path.basename(path): path for path in job.packed}
    shipped = {link: path for link, path in listed.items() if not is_remote(path)}
    for path in nodes.files:
        if not os.path.exists(path):
            raise NoInputError(path, "not found", "check the name after --file")
        shipped[os.path.basename(os.path.normpath(path))] = path
    commands = _commands(job, nodes, shipped)
    scripts = [command.script for command in commands.values() if command.script]
    python = [command.script for command in commands.values() if command.script and command.is_python]
    python += [path for link, path in shipped.items() if link.endswith(".py") and path not in python]
    named = [command.module for command in commands.values() if command.module]
    modules = find_modules(python, nodes.version, _search_path(), named)
    extra = _unlisted([*nodes.files, *scripts], listed)
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


def _commands(job: Job, nodes: Nodes, shipped: Mapping[str, str]) -> dict[str, Command]:
    """Return the commands of a job as the nodes can run them, by role."""
    stages = {"mapper": job.mapper, "combiner": job.combiner, "reducer": job.reducer}
    commands = {
        role: rewrite_for_nodes(stage.text, nodes.python, shipped)
        for role, stage in stages.items()
        if stage and stage.is_command and not (role != "mapper" and not job.reduces)
    }
    if nodes.manifest:
        mapper = commands.get("mapper") or Command("cat")
        text = f"{nodes.python} -m streamtools.cluster.decoding_mapper {mapper.text}"
        commands["mapper"] = mapper._replace(text=text, is_python=True)
    return commands


def _search_path() -> list[str]:
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


def _unlisted(paths: Sequence[str], listed: Mapping[str, str]) -> dict[str, str]:
    """Return the paths that the user has not listed for -files, by their names in the task.

    Raises UsageError for a name that Hadoop cannot ship, and for two paths of the same name.
    (A listed path that is not on this machine is not compared.)
    """
    by_name: dict[str, str] = {}
    for path in paths:
        name = os.path.basename(os.path.normpath(path))
        other = listed.get(name) or by_name.setdefault(name, path)
        if os.path.exists(other) and os.path.realpath(other) != os.path.realpath(path):
            raise UsageError(path, f"has the same name in the task as {other}", "rename one of them")
        if name not in listed and not PLAIN_NAME.fullmatch(name if os.path.isdir(path) else path):
            raise UsageError(
                path, "Hadoop cannot ship a file of that name", "rename it without blanks, commas, # and :"
            )
    return by_name
