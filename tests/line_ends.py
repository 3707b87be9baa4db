"""Lines with any line ends, for tests of what reads them."""

from hypothesis import strategies as st

ENDINGS = [b"\n", b"\r", b"\r\n"]
LINES = st.lists(
    st.tuples(st.sampled_from([b"", b"a", b"bc", b"\xff\0", b"x" * 9]), st.sampled_from(ENDINGS)), max_size=12
)


def by_definition(data: bytes) -> list[bytes]:
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return lines[:-1] if not lines[-1] else lines
