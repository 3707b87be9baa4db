"""line_blocks.py: blocks of whole lines."""

import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamtools.inputs import Source
from streamtools.packing.line_blocks import cut_into_blocks


@settings(max_examples=100)
@given(
    files=st.lists(st.lists(st.sampled_from([b"\n", b"a", b"bcd", b"efghijk\n"]), max_size=12), max_size=6),
    size=st.integers(1, 12),
)
def test_blocks_are_whole_lines_and_do_not_depend_on_chunks(files: list[list[bytes]], size: int) -> None:
    def sources(cut: Callable[[list[bytes]], list[bytes]]) -> Iterator[tuple[Source, int, Iterator[bytes]]]:
        return ((Source(str(n)), 0, iter(cut(file))) for n, file in enumerate(files))

    found = list(cut_into_blocks(sources(lambda file: file), size))
    plain = [b"".join(file) for file in files]
    assert b"".join(block.data for block in found) == b"".join(
        data if data.endswith(b"\n") or not data else data + b"\n" for data in plain
    )
    for block in found:
        assert block.data.endswith(b"\n")
        assert len(block.data) <= size or block.data.count(b"\n") == 1
        assert sum(each.size for each in block.ranges) == len(block.data)
        at = 0
        for source, start, end, length in block.ranges:
            assert block.data[at : at + end - start] == plain[int(source.input)][start:end]
            at += length
    assert found == list(cut_into_blocks(sources(lambda file: [b"".join(file)]), size))


@pytest.mark.slow
def test_many_tiny_sources_take_no_square_of_time() -> None:
    sources = [(Source("x", str(n)), 0, iter([b"\n"])) for n in range(400_000)]
    begun = time.process_time()
    (block,) = cut_into_blocks(sources, 1 << 20)
    assert len(block.ranges) == 400_000
    assert time.process_time() - begun < 4  # 0.4; by list.pop(0) 8
