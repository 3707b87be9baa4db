"""Any inputs as one stream of decoded bytes: all data enters here.

    names ──expand──> inputs ──open──> encoded ──format_of──> plain ──────────────┐
    (paths, globs,    (locations.py)   chunks                 gz bz2 xz zst lz4 ──┼──join──> decoded
     directories,                      (raw_files.py,         (codecs.py)         │          chunks
     URIs, -)                           remote.py)            7z members ─────────┘        (joining.py)
                                                              (sevenzip/)

opening.py puts these together. Damaged or truncated data raise a DataError that names file, member and byte; they never
just give fewer bytes.
"""

from streamtools.inputs.contents import ListEntry, list_inputs, packed_size
from streamtools.inputs.locations import expand
from streamtools.inputs.opening import open_inputs, open_sources
from streamtools.inputs.read_options import ReadOptions, Source

__all__ = [
    "ListEntry",
    "ReadOptions",
    "Source",
    "expand",
    "list_inputs",
    "open_inputs",
    "open_sources",
    "packed_size",
]
