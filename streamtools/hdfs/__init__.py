"""A directory that stands for HDFS: its paths, and the commands of `hadoop fs` on it.

    hdfs:///user/ann/in, /user/ann/in, in  --filesystem-->  ROOT/user/ann/in          (ROOT: STREAMTOOLS_DFS)
    -ls, -put, ...  --shell-->  listing, printing, transfer, modify  -->  bytes for stdout, errors for stderr

Read `filesystem` first, then `shell`, which has the table of commands.
"""

from streamtools.hdfs.context import Context
from streamtools.hdfs.filesystem import FileSystem, Item, PathError
from streamtools.hdfs.shell import run

__all__ = ["Context", "FileSystem", "Item", "PathError", "run"]
