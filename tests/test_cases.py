"""Recorded cases of the executables: a directory each, with the command in `cmd` and `stdout`, `stderr`, `status`.

`make golden` records them anew; `git diff` then shows the changes.
"""

import os
import subprocess
from pathlib import Path

import pytest
from places import ROOT

CASES = sorted(path.parent for path in Path(__file__).parent.glob("cases/*/cmd"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path, request: pytest.FixtureRequest) -> None:
    command = (case / "cmd").read_text()
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=os.environ,
        timeout=60,
    )
    written = {"stdout": done.stdout, "stderr": done.stderr, "status": b"%d\n" % done.returncode}
    if request.config.getoption("--record"):
        for name, content in written.items():
            (case / name).write_bytes(content)
    for name, content in written.items():
        assert content == (case / name).read_bytes(), f"{name} of: {command}\nstderr: {done.stderr.decode()}"
