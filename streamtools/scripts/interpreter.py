"""The Python that runs a script: the one we run on ourselves, or another one, which is asked."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SECONDS = 20  # for an answer
VERSION = re.compile(r"python(\d)\.(\d+)")
COMPILE = """
import sys
try:
    compile(open(sys.argv[1], 'rb').read(), sys.argv[1], 'exec')
except SyntaxError as error:
    sys.stdout.write('%d\\n%s' % (error.lineno or 0, error.msg))
except ValueError as error:
    sys.stdout.write('0\\n%s' % error)
"""
FIND = """
import sys
from importlib.util import find_spec
sys.path[0] = sys.argv[1]
for name in sys.argv[2:]:
    try:
        found = find_spec(name)
    except (ImportError, ValueError):
        continue
    if found is None:
        print(name)
"""
LOAD = """
import sys
before = set(sys.modules)
for name in sys.argv[1:]:
    try:
        __import__(name)
    except Exception:
        pass
print(' '.join(set(sys.modules) - before))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python: its path, and the environment in which it runs scripts."""

    path: str
    environment: Mapping[str, str]

    @property
    def is_ours(self) -> bool:
        """Whether it is the one that runs this, with the same libraries."""
        ours, other = os.path.abspath(sys.executable), os.path.abspath(self.path)
        return os.path.dirname(ours) == os.path.dirname(other) and os.path.realpath(ours) == os.path.realpath(other)

    @property
    def is_of_our_version(self) -> bool:
        """Whether it understands the same source, as far as its name tells."""
        match = VERSION.match(os.path.basename(os.path.realpath(self.path)))
        return self.is_ours or match is None or (int(match[1]), int(match[2])) == sys.version_info[:2]

    def find_syntax_error(self, script: str) -> tuple[int, str] | None:
        """Return the line and the message of a syntax error; None if there is none, or no answer."""
        line, _, message = self._ask(COMPILE, [script]).partition("\n")
        return (int(line), message.strip()) if line.isdigit() else None

    def find_missing(self, names: Sequence[str], folder: str) -> list[str]:
        """Return which modules a script in `folder` does not find; none if there is no answer."""
        return self._ask(FIND, [folder, *names]).split()

    def find_loaded(self, names: Sequence[str]) -> set[str]:
        """Return the modules that are loaded by importing those of these names from Python's own library."""
        return set(self._ask(LOAD, names, "-I").split())

    def _ask(self, code: str, arguments: Sequence[str], *options: str) -> str:
        """Return what code prints; "" if it cannot be run."""
        from subprocess import DEVNULL, SubprocessError, run

        try:
            command = [self.path, *options, "-c", code, *arguments]
            done = run(command, stdin=DEVNULL, capture_output=True, env=dict(self.environment), timeout=SECONDS)
        except (OSError, SubprocessError):
            return ""
        return os.fsdecode(done.stdout) if done.returncode == 0 else ""
