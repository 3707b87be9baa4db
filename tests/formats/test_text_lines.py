"""Lines that a command prints, in any chunks."""

from hypothesis import given
from hypothesis import strategies as st
from line_ends import LINES, by_definition

from streamtools.formats.text_lines import read_line_blocks


@given(LINES, st.lists(st.integers(0, 60)))
def test_printed_lines_do_not_depend_on_how_the_chunks_fall(lines, cuts):
    data = b"".join(line + ending for line, ending in lines)
    cuts = sorted(min(cut, len(data)) for cut in cuts)
    chunks = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    assert b"".join(read_line_blocks(chunks)).split(b"\n")[:-1] == by_definition(data)
