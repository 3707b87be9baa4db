"""streamtools.pyz: the package and click in one file, for nodes on which nothing is installed.

It can be run (`python3 streamtools.pyz st-map words`) and, on PYTHONPATH, imported from. Nodes need Python 3.9, on
which the newest click does not run: the bundle contains an older one, found here or fetched by pip.
"""

import os
import shutil
import sys
import zipfile
from collections.abc import Iterable, Iterator

from streamtools.cluster.shipment.archives import add_file
from streamtools.cluster.shipment.wheels import fetch_to_cache
from streamtools.errors import StreamtoolsError, UnavailableError
from streamtools.files import files_below

PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLES = os.path.join(PACKAGE, "examples", "")  # are for people, and not for nodes
CLICK = "click>=8.1,<8.2"  # the last version that runs on Python 3.9
MAIN = b"import sys\n\nfrom streamtools.__main__ import main\n\nsys.exit(main())\n"


def build(target: str, libraries: Iterable[str]) -> None:
    """Write the bundle to the path `target`, with libraries given as the directories of their packages."""
    partial = f"{target}.{os.getpid()}"
    try:
        with open(partial, "wb") as file:
            file.write(b"#!/usr/bin/env python3\n")
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
                add_file(bundle, "__main__.py", MAIN)
                for folder in (PACKAGE, *sorted(libraries)):
                    for path in filter(_is_source, files_below(folder)):
                        with open(path, "rb") as source:
                            add_file(bundle, os.path.relpath(path, os.path.dirname(folder)), source.read())
        os.chmod(partial, 0o755)
        os.replace(partial, target)
    finally:
        if os.path.exists(partial):
            os.remove(partial)


def write_for_nodes(target: str, version: tuple[int, int]) -> None:
    """Write the bundle for nodes of this Python version. A running bundle copies itself."""
    if os.path.isdir(PACKAGE):
        build(target, [find_click(version)])
    else:
        shutil.copyfile(os.path.dirname(PACKAGE), target)


def find_packages(folder: str) -> Iterator[str]:
    """Yield the directories of the packages that pip has installed into a directory."""
    for name in os.listdir(folder):
        if os.path.exists(os.path.join(folder, name, "__init__.py")):
            yield os.path.join(folder, name)


def find_click(version: tuple[int, int]) -> str:
    """Return the directory of a click that runs on this Python version: the installed one, or one in the cache.

    Raises UnavailableError if there is none and pip cannot fetch it.
    """
    import importlib.metadata
    import importlib.util

    spec = importlib.util.find_spec("click")
    installed = importlib.metadata.version("click") if spec else ""
    if spec and spec.origin and (version >= (3, 10) or installed.startswith("8.1.")):
        return os.path.dirname(spec.origin)
    try:
        return os.path.join(fetch_to_cache("click-8.1", ["--no-deps", CLICK], (3, 9), os.uname().machine), "click")
    except StreamtoolsError as error:
        remedy = "run it once with a network, install 'click<8.2' here, or give --node-python 3.10 or newer"
        raise UnavailableError("streamtools.pyz", f"needs {CLICK} for Python 3.9: {error.problem}", remedy) from None


def _is_source(path: str) -> bool:
    return path.endswith(".py") and not path.startswith(EXAMPLES)


if __name__ == "__main__":
    build(sys.argv[1], find_packages(sys.argv[2]))
