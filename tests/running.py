"""Fixtures that run jobs in a directory of their own, without a process for the client."""

import os
import shlex
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from places import BIN

from streamtools.job import build_job, parse
from streamtools.local import Console, Settings, run
from streamtools.local.counters import FRAMEWORK


@dataclass
class Ran:
    """The result of a job.

    parts: content of the part files, by name. counters: those of the framework, by name. custom: all others.
    """

    succeeded: bool
    parts: dict[str, bytes]
    counters: dict[str, int]
    custom: dict[tuple[str, str], int]
    said: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[bytes]:
        """The lines of all part files."""
        return b"".join(self.parts.values()).split(b"\n")[:-1]


@pytest.fixture
def folder(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty current directory; what jobs keep for later goes to another one."""
    work = str(tmp_path_factory.mktemp("work"))
    monkeypatch.setenv("TMPDIR", work)
    monkeypatch.setattr(tempfile, "tempdir", work)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run_job(folder: Path) -> Callable[..., Ran]:
    """Run a job: run_job(options without -output, name=content of an input file, ...)."""

    def run_it(args: str, jobs: int = 2, memory: int = 256 << 20, skip_bad: int = 0, **files: bytes) -> Ran:
        from streamtools.cli.library import find_builtin

        for name, content in files.items():
            (folder / name).write_bytes(content)
        words = shlex.split(args)
        said: list[str] = []
        settings = Settings(
            jobs=jobs,
            memory=memory,
            skip_bad=skip_bad,
            console=Console(say=said.append),
            programs=str(BIN),
            builtin=find_builtin(str(BIN)),
        )
        outcome = run(build_job(parse([*words, "-output", "out"])), settings, lambda paths: None)
        out = folder / "out"
        parts = {name: (out / name).read_bytes() for name in sorted(os.listdir(out)) if name.startswith("part")}
        framework = {name: amount for (group, name), amount in outcome.counters.items() if group == FRAMEWORK}
        custom = {key: amount for key, amount in outcome.counters.items() if key[0] != FRAMEWORK}
        return Ran(outcome.succeeded, parts, framework, custom, said)

    return run_it
