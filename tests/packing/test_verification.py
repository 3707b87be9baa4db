"""verification.py: whatever is wrong with a blob is found."""

import random
from pathlib import Path

import pytest
from packed_blobs import SMALL, blobs, everything

from streamtools.errors import DataError, NoInputError
from streamtools.inputs import open_inputs
from streamtools.packing import BLOB_CODECS, PackOptions, pack, verify


@pytest.mark.parametrize("codec", BLOB_CODECS)
def test_verify_finds_whatever_is_wrong(codec: str, inputs: tuple[list[str], bytes], tmp_path: Path) -> None:
    out = tmp_path / "out"
    pack(inputs[0], str(out), PackOptions(codec=codec, **SMALL))
    generator = random.Random(1)
    good = everything(out)
    for path in generator.sample(blobs(out), 3):
        data = bytearray(path.read_bytes())
        data[generator.randrange(len(data))] ^= 1
        path.write_bytes(data)
        try:
            verify(str(out))
            assert codec != "none"
            assert b"".join(open_inputs([str(path)])) == b"".join(open_inputs([str(out / path.name)]))
        except DataError as error:
            assert path.name in str(error)
        path.write_bytes(good[path.name])
    path = blobs(out)[1]
    path.write_bytes(blobs(out)[2].read_bytes())
    with pytest.raises(DataError, match=path.name):
        verify(str(out))
    path.unlink()
    with pytest.raises(NoInputError, match=path.name):
        verify(str(out))
    path.write_bytes(good[path.name])
    (out / f"part-99999{BLOB_CODECS[codec].suffix}").write_bytes(b"")
    with pytest.raises(DataError, match="not in the manifest"):
        verify(str(out))
