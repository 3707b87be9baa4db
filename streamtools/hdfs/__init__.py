"""A directory that stands for HDFS: its paths, and the commands of `hadoop fs` on it.

    hdfs:///user/ann/in, /user/ann/in, in  --places-->  ROOT/user/ann/in          (ROOT: STREAMTOOLS_DFS)
    -ls, -put, ...  --shell-->  listing, reading, copying, changing  -->  bytes for stdout, errors for stderr

Read `places` first, then `shell`, which has the table of commands.
"""

from streamtools.hdfs.places import FileSystem, Item, PathError
from streamtools.hdfs.shell import Shell, run

__all__ = ["FileSystem", "Item", "PathError", "Shell", "run"]
