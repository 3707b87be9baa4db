"""The working directory of tasks: shipped files and archives under their names, gone again at the end."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from streamtools.job import Job, Refused, Shipped

LINKS = "links"  # the file in a job's folder that tells what was made, for the run after one that was killed


@contextmanager
def in_working_directory(job: Job, scratch: str) -> Iterator[None]:
    """Make links to what the job ships, where there is no file of that name, and remove them at the end."""
    with linked_here(job.shipped, job.packed, scratch):
        yield


@contextmanager
def linked_here(shipped: Sequence[Shipped], packed: Sequence[str], scratch: str) -> Iterator[None]:
    """Make links to files and unpacked archives, remembered in `scratch`, and remove them at the end."""
    made: list[str] = []
    try:
        for number, item in enumerate(shipped):
            source = os.path.abspath(item.path)
            if item.is_archive and not os.path.isdir(source):
                source = _unpacked(source, os.path.join(scratch, f"archive-{number}"))
            _link(source, item.link, made, scratch)
        for path in packed:
            for inner in [entry.path for entry in os.scandir(path)] if os.path.isdir(path) else [path]:
                _link(os.path.abspath(inner), os.path.basename(inner), made, scratch)
        yield
    finally:
        for link in made:
            with suppress(OSError):  # a task has removed it already
                os.unlink(link)


def _link(source: str, link: str, made: list[str], scratch: str) -> None:
    if os.path.lexists(link):
        return
    try:
        if folder := os.path.dirname(link):
            os.makedirs(folder, exist_ok=True)
        with open(os.path.join(scratch, LINKS), "ab") as told:
            told.write(os.fsencode(f"{os.path.abspath(link)}\0{source}\0"))
        os.symlink(source, link)
    except OSError as error:
        raise Refused(f"cannot link {source} as {link}: {error.strerror}", "run it in a folder of your own") from None
    made.append(os.path.abspath(link))


def remove_leftovers(scratch: str) -> None:
    """Remove the links that a killed run has left, where they still are what it had made."""
    path = os.path.join(scratch, LINKS)
    with suppress(FileNotFoundError):
        with open(path, "rb") as file:
            told = os.fsdecode(file.read()).split("\0")
        for link, source in zip(told[::2], told[1::2], strict=False):
            with suppress(OSError):
                if os.readlink(link) == source:
                    os.unlink(link)
        os.unlink(path)


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
