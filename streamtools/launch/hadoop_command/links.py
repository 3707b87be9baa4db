"""Links by which scripts find st-hadoop under the names of Hadoop's own commands."""

import os

from streamtools.errors import CannotCreateError, in_words

NAMES = ("hadoop", "hdfs", "yarn", "mapred")
TARGET = "st-hadoop"


def make_links(program: str, directory: str) -> list[str]:
    """Make links to st-hadoop, in a directory that is made if it is missing; return their paths.

    Links that an earlier call has made are renewed. Raises CannotCreateError, before any is made, if one of the names
    is that of something else.
    """
    paths = [os.path.join(directory, name) for name in NAMES]
    for path in paths:
        if os.path.lexists(path) and not _is_ours(path):
            raise CannotCreateError(path, "exists already", "remove it, or name another directory")
    try:
        os.makedirs(directory, exist_ok=True)
        for path in paths:
            if os.path.lexists(path):
                os.unlink(path)
            os.symlink(program, path)
    except OSError as error:
        raise CannotCreateError(directory, in_words(error), "name another directory") from None
    return paths


def _is_ours(path: str) -> bool:
    return os.path.islink(path) and os.path.basename(os.readlink(path)) == TARGET
