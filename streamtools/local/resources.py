"""The working directory of tasks: shipped files and archives under their names, gone again at the end."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from streamtools.job import Job, Refused


@contextmanager
def in_working_directory(job: Job, scratch: str) -> Iterator[None]:
    """Make links to what the job ships, where there is no file of that name, and remove them at the end."""
    made = []
    try:
        for number, item in enumerate(job.shipped):
            source = os.path.abspath(item.path)
            if item.is_archive and not os.path.isdir(source):
                source = _unpacked(source, os.path.join(scratch, f"archive-{number}"))
            made += _linked(source, item.link)
        for path in job.packed:
            made += _linked(os.path.abspath(path), os.path.basename(path))
        yield
    finally:
        for link in made:
            with suppress(OSError):  # a task has removed it already
                os.unlink(link)


def _linked(source: str, link: str) -> list[str]:
    if os.path.lexists(link):
        return []
    try:
        if folder := os.path.dirname(link):
            os.makedirs(folder, exist_ok=True)
        os.symlink(source, link)
    except OSError as error:
        raise Refused(f"cannot link {source} as {link}: {error.strerror}", "run it in a folder of your own") from None
    return [os.path.abspath(link)]


def _unpacked(path: str, folder: str) -> str:
    """The folder with the content of an archive: zip or jar, tar, tar.gz or tgz; another file is put in as it is."""
    os.makedirs(folder)
    lower = path.lower()
    try:
        if lower.endswith((".zip", ".jar")):
            from zipfile import ZipFile

            with ZipFile(path) as archive:
                archive.extractall(folder)
                for info in archive.infolist():
                    if mode := info.external_attr >> 16 & 0o777:
                        os.chmod(os.path.join(folder, info.filename), mode)
        elif lower.endswith((".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")):
            import tarfile

            with tarfile.open(path) as archive:
                if hasattr(tarfile, "data_filter"):
                    archive.extractall(folder, filter="data")
                else:
                    archive.extractall(folder)
        else:
            os.symlink(path, os.path.join(folder, os.path.basename(path)))
    except Exception as error:  # each library has its own
        raise Refused(f"{path}: cannot be unpacked: {error}", "check the archive") from None
    return folder
