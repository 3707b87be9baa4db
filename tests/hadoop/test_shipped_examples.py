"""Some of the examples by the commands that st-run --example prints for Hadoop, in Hadoop's local mode.

Wants the Hadoop that `make hadoop` fetches. STREAMTOOLS_ALL_EXAMPLES=1 runs all of them, which takes some minutes.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hadoop_home import hadoop_home

from streamtools.launch.examples import EXPECTED, find_example, find_examples, write_example

SAMPLE = ["word-count", "repartition-join", "user-path", "total-sort"]  # functions, tools, sorted values, two steps
NAMES = [each.name for each in find_examples()] if os.environ.get("STREAMTOOLS_ALL_EXAMPLES") else SAMPLE
NODE_PATH = "/usr/local/bin:/usr/bin:/bin"


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """What a client has in its environment, with a configuration that names no cluster."""
    if not (hadoop_home() / "classes/built").exists():
        message = f"no Hadoop in {hadoop_home()}; run: make hadoop"
        if os.environ.get("STREAMTOOLS_REQUIRE_HADOOP"):
            pytest.fail(message)
        pytest.skip(message)
    conf = tmp_path / "conf"
    conf.mkdir()
    (conf / "core-site.xml").write_text("<configuration/>")
    shutil.copy(hadoop_home() / "etc/hadoop/log4j.properties", conf)
    path = f"{hadoop_home() / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    yield {**os.environ, "HADOOP_CONF_DIR": str(conf), "PATH": path}


def node_options() -> str:
    """Return as defaults for st-run which Python the tasks have."""
    python = shutil.which("python3", path=NODE_PATH) or os.path.realpath(sys.executable)
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    version = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    return f'node-python = "{version}"\nnode-interpreter = "{python}"\n'


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", NAMES)
def test_an_example_on_hadoop(name: str, tmp_path: Path, environment: dict[str, str]) -> None:
    example = find_example(name)
    home = tmp_path / "home"
    write_example(example, str(home))
    (home / "streamtools.toml").write_text(node_options())
    script = "\n".join(example.on_hadoop)
    command = ["bash", "-e", "-o", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=380)
    assert done.returncode == 0, done.stderr[-3000:]
    assert sorted(done.stdout.split("\n")) == sorted((home / EXPECTED).read_text().split("\n"))
