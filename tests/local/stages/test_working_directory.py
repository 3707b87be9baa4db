"""What a task finds in its working directory."""

import os


def test_a_directory_of_file_brings_what_is_in_it(run_job, folder):
    (folder / "d").mkdir()
    (folder / "d/inner").write_bytes(b"found\n")
    assert run_job("-input i -mapper 'cat inner' -reducer NONE -file d", i=b"").lines == [b"found\t"]
    assert not os.path.lexists("inner")
