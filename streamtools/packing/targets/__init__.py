"""Where blobs are written: a directory of this machine, an object store, or HDFS.

A file gets its name when it is complete. contract.py says what a target is.
"""

from streamtools.errors import UsageError
from streamtools.packing.targets.contract import MANIFEST, File, Log, Target

__all__ = ["MANIFEST", "File", "Log", "Target", "open_target"]

OBJECT_STORES = ("s3", "s3a", "s3n", "gs")
HDFS = ("hdfs", "viewfs")


def open_target(output: str) -> Target:
    """Return the target of a path or URI. Raises UsageError for a scheme to which blobs cannot be written."""
    scheme, mark, path = output.partition("://")
    scheme = scheme.lower()
    if not mark or scheme == "file":
        from streamtools.packing.targets.directory import Directory

        return Directory(path if mark else output)
    if scheme in OBJECT_STORES:
        from streamtools.packing.targets.object_store import ObjectStore

        return ObjectStore(output.rstrip("/"), scheme)
    if scheme in HDFS:
        from streamtools.packing.targets.hdfs_directory import HdfsDirectory

        return HdfsDirectory(output.rstrip("/"))
    remedy = f"use a directory, or one of {', '.join((*OBJECT_STORES, *HDFS))}"
    raise UsageError(output, f"writing to {scheme}:// is not supported", remedy)
