"""7z archives as streams: members in archive order, in memory bounded by the dictionary, every checksum verified.

header.py          open (volumes, password), read the header -> folders and members (archive.py)
folder_decoder.py  the coders of one folder (methods.py) -> one stream of bytes
members.py         the stream of a folder, divided into its members
folder_ranges.py   where the decoding of a folder can begin, for several threads or map tasks
member_slices.py   some ranges decoded; members that lie in several ranges are verified at the end
"""

from streamtools.inputs.sevenzip.archive import Archive
from streamtools.inputs.sevenzip.header import open_archive
from streamtools.inputs.sevenzip.members import choose_members, read_members, select_members
from streamtools.inputs.sevenzip.methods import method_names

__all__ = ["Archive", "choose_members", "method_names", "open_archive", "read_members", "select_members"]
