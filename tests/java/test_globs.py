"""Hadoop's globs, and the lists of paths that -input takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtools.errors import StreamtoolsError
from streamtools.java.globs import escape, match_paths, split_at_commas


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("/*", ["/.hidden", "/_x", "/a1", "/a2", "/b", "/st*r"]),
        ("/a?", ["/a1", "/a2"]),
        ("/a[2-9]", ["/a2"]),
        ("/a[^1]", ["/a2"]),
        ("/a[!1]", ["/a2"]),
        ("/{a1,b/c}", ["/a1", "/b/c"]),
        ("/{a{1,2},b}", ["/a1", "/a2", "/b"]),
        ("/*/c", ["/b/c"]),
        ("/st\\*r", ["/st*r"]),
        ("/a1/*", []),
        ("/no*", []),
    ],
)
def test_globs(tmp_path, pattern, found):
    for name in ("a1", "a2", "st*r", "_x", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "b").mkdir()
    (tmp_path / "b/c").touch()
    assert match_paths(str(tmp_path), pattern) == found


@pytest.mark.parametrize("pattern", ["/[", "/{a", "/a\\"])
def test_a_pattern_that_is_none_is_told(tmp_path, pattern):
    with pytest.raises(StreamtoolsError, match="Illegal file pattern"):
        match_paths(str(tmp_path), pattern)


@given(name=st.text(st.sampled_from("ab*?[]{},\\^!"), min_size=1, max_size=8))
def test_a_quoted_name_matches_itself_only(name, tmp_path_factory):
    folder = tmp_path_factory.mktemp("quoted")
    (folder / name).touch()
    (folder / "other").touch()
    assert match_paths(str(folder), "/" + escape(name)) == [f"/{name}"]


COMMAS = [  # as FileInputFormat.getPathStrings splits them
    ("a", ["a"]),
    ("a,b", ["a", "b"]),
    ("a,b,", ["a", "b", ""]),
    ("{a,b}/c,d", ["{a,b}/c", "d"]),
    ("{a,{b,c}},d", ["{a,{b,c}}", "d"]),
    ("a\\,b", ["a\\", "b"]),
    ("a},b", ["a}", "b"]),
    ("{a,b", ["{a,b"]),
]


@pytest.mark.parametrize("text, names", COMMAS)
def test_comma_lists(text, names):
    assert split_at_commas(text) == names
