"""Where an encoded file can be cut, and its ranges as streams of their own: one file becomes work for several cores.

    7z   folders, and dictionary resets inside LZMA2 folders   (../sevenzip/folder_ranges.py)
    xz   blocks, from the index                                (xz.py)
    bz2  blocks, from their marks                              (bzip2.py)
    zst  frames; gz: the members of BGZF                       (frames.py)

There are two uses. `find_decodable_ranges` cuts one stream for threads that decode it in order (parallel.py). `divide`
cuts a file for map tasks, and these cuts also fall inside lines:

    divide(path) -> EncodedRange, ...   open_range(path, range) -> its own bytes, and the bytes that follow
    task:  drops its bytes up to the first end of a line  |  reads its own  |  reads on up to the first end of a line
    end:   verify_members(all slices reported) -> the checksums of members that lie in several ranges
"""

from streamtools.inputs.cuts.decoded import Content, find_contents
from streamtools.inputs.cuts.division import Division, divide
from streamtools.inputs.cuts.range_reader import open_range
from streamtools.inputs.cuts.ranges import DecodableRange, EncodedRange, find_decodable_ranges, group_sizes
from streamtools.inputs.sevenzip.member_slices import MemberSlice, verify_members

__all__ = [
    "Content",
    "DecodableRange",
    "Division",
    "EncodedRange",
    "MemberSlice",
    "divide",
    "find_contents",
    "find_decodable_ranges",
    "group_sizes",
    "open_range",
    "verify_members",
]
