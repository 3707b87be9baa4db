"""streamtools.launch.checking.fixes: scripts are corrected where that is safe, and nothing else is."""

import pytest

from streamtools.launch.checking.fixes import fix_script

MARK = b"\xef\xbb\xbf"
LINE = b"#!/usr/bin/env python3\n"
SCRIPTS = {  # before -> after, the changes, by the name of the file
    ("map.py", LINE + b"x\n"): (LINE + b"x\n", []),
    ("map.py", MARK + LINE): (LINE, ["removed the byte order mark"]),
    ("map.py", LINE.replace(b"\n", b"\r\n") + b"x\r\n"): (LINE + b"x\n", ["changed line ends from CR LF to LF"]),
    ("map.py", b"import sys\n"): (LINE + b"import sys\n", ["put #!/usr/bin/env python3 first"]),
    ("map", b"import sys\n"): (LINE + b"import sys\n", ["put #!/usr/bin/env python3 first"]),
    ("run", b"cat\n"): (b"#!/bin/sh\ncat\n", ["put #!/bin/sh first"]),
    ("tool", b"\x7fELF\0\r\n"): (b"\x7fELF\0\r\n", []),
    ("empty", b""): (b"", []),
}


@pytest.mark.parametrize("name, before", SCRIPTS)
def test_fixes(folder, name, before):
    (folder / name).write_bytes(before)
    (folder / name).chmod(0o755)
    after, changes = SCRIPTS[name, before]
    assert fix_script(name) == changes
    assert (folder / name).read_bytes() == after and (folder / name).stat().st_mode & 0o777 == 0o755
    assert fix_script(name) == []


def test_the_mode_and_links_are_kept(folder):
    (folder / "real.py").write_bytes(b"x = 1\r\n")
    (folder / "real.py").chmod(0o640)
    (folder / "map.py").symlink_to("real.py")
    assert fix_script("map.py")[-1] == "made it executable"
    assert (folder / "map.py").is_symlink() and (folder / "real.py").stat().st_mode & 0o777 == 0o751
    assert (folder / "real.py").read_bytes() == LINE + b"x = 1\n"
