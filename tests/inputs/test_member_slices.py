"""member_slices.py: a member that several tasks read is verified as a whole."""

import zlib
from itertools import pairwise

import pytest

from streamtools.errors import DataError
from streamtools.inputs.cuts import MemberSlice, verify_members


def test_a_member_is_verified_from_its_slices() -> None:
    data = b"some bytes of a member"
    cuts = [0, 4, 9, len(data)]
    slices = [
        MemberSlice("x.7z: m", a, b - a, zlib.crc32(data[a:b]), len(data), zlib.crc32(data)) for a, b in pairwise(cuts)
    ]
    verify_members(slices)
    verify_members(slices[::-1] + slices)  # in any order; the archive is given twice
    verify_members(slices[:2])  # a mapper that left the rest unread
    wrong = [slices[0]._replace(crc=1), *slices[1:]]
    with pytest.raises(DataError, match=r"x\.7z: m: wrong checksum"):
        verify_members(wrong)
    with pytest.raises(DataError, match="twice"):
        verify_members(slices + wrong)


def test_members_of_one_name_are_verified_each_on_its_own() -> None:
    def slices(data: bytes, cuts: list[int], folder: int) -> list[MemberSlice]:
        place, *of_member = "x.7z: m", len(data), zlib.crc32(data), (folder, 0)
        return [
            MemberSlice(place, a, b - a, zlib.crc32(data[a:b]), *of_member) for a, b in pairwise([0, *cuts, len(data)])
        ]

    one, other = slices(b"some bytes of a member", [4, 9], 0), slices(b"bytes of another of its name", [7], 1)
    verify_members(one + other)
    with pytest.raises(DataError, match="wrong checksum"):
        verify_members([*one, other[0], other[1]._replace(crc=1)])
