"""streamtools.pyz: the package and click in one file, for nodes on which nothing is installed.

It runs (`python3 streamtools.pyz st-map words`) and, named in PYTHONPATH, it is imported from. Nodes need Python 3.9,
on which the newest click does not run: the bundle takes one that does from a directory that pip has filled.
"""

import os
import sys
import zipfile
from collections.abc import Iterator

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MOMENT = (1980, 1, 1, 0, 0, 0)  # of every file in it, so that the same sources make the same bundle
MAIN = b"import sys\n\nfrom streamtools.__main__ import main\n\nsys.exit(main())\n"


def build(target: str, libraries: str) -> None:
    """Write the bundle to the path `target`, with the packages found in the directory `libraries`."""
    partial = f"{target}.{os.getpid()}"
    try:
        with open(partial, "wb") as file:
            file.write(b"#!/usr/bin/env python3\n")
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
                bundle.writestr(zipfile.ZipInfo("__main__.py", MOMENT), MAIN)
                for folder in (PACKAGE, *sorted(_packages(libraries))):
                    for path in sorted(_sources(folder)):
                        name = os.path.relpath(path, os.path.dirname(folder))
                        with open(path, "rb") as source:
                            bundle.writestr(zipfile.ZipInfo(name, MOMENT), source.read(), zipfile.ZIP_DEFLATED)
        os.chmod(partial, 0o755)
        os.replace(partial, target)
    finally:
        if os.path.exists(partial):
            os.remove(partial)


def _packages(libraries: str) -> Iterator[str]:
    for name in os.listdir(libraries):
        if os.path.exists(os.path.join(libraries, name, "__init__.py")):
            yield os.path.join(libraries, name)


def _sources(folder: str) -> Iterator[str]:
    for root, _, names in os.walk(folder):
        yield from (os.path.join(root, name) for name in names if name.endswith(".py"))


if __name__ == "__main__":
    build(sys.argv[1], sys.argv[2])
