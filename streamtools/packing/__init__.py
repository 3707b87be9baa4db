"""Any inputs regrouped into blobs of one size and codec that Hadoop reads and splits, cut at line ends.

    inputs --sources--> blocks of lines --threads: compress, decode again--> packed blocks --> blobs of about `size`
            (inputs/)   (line_blocks.py)           (blob_codecs.py)                     (blob_writer.py, targets/)
                                                   blob_manifest.py: what each blob holds, and where it is from

A blob gets its name when it is complete, after its lines of the manifest were written: however a run ends, the next one
continues after the last blob that is there.
"""

from streamtools.packing.blob_codecs import BLOB_CODECS
from streamtools.packing.pack_options import PackOptions, Summary
from streamtools.packing.regrouping import pack
from streamtools.packing.verification import verify

__all__ = ["BLOB_CODECS", "PackOptions", "Summary", "pack", "verify"]
