"""Zip archives that are the same for the same files."""

import os
import zipfile
from collections.abc import Mapping

from streamtools.files import files_below

MOMENT = (1980, 1, 1, 0, 0, 0)  # time of every file: the same files make the same archive


def write_zip(target: str, files: Mapping[str, str]) -> None:
    """Write a zip to the path `target`. files: maps names in the archive to local paths."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(files.items()):
            with open(path, "rb") as file:
                add_file(archive, name, file.read(), os.fstat(file.fileno()).st_mode & 0o777)


def add_file(archive: zipfile.ZipFile, name: str, data: bytes, mode: int = 0o644) -> None:
    """Add a file to a zip that is being written."""
    entry = zipfile.ZipInfo(name, MOMENT)
    entry.external_attr = mode << 16
    archive.writestr(entry, data, zipfile.ZIP_DEFLATED)


def list_files(folder: str) -> dict[str, str]:
    """Return the paths of all files below a directory, by their names relative to it."""
    return {os.path.relpath(path, folder): path for path in files_below(folder)}
