"""What a job ships."""

import pytest

from streamtools.job import Refused, build_job, parse

BASIC = ["-input", "in", "-output", "out", "-mapper", "cat"]


def test_a_missing_cache_file_has_a_status_of_its_own(folder):
    with pytest.raises(Refused) as refusal:
        build_job(parse([*BASIC, "-cacheFile", "nosuch#link"]))
    assert refusal.value.exit_code == 2


def test_of_files_given_twice_the_first_counts(folder):
    for name in ("f", "g"):
        (folder / name).touch()
    assert [item.link for item in build_job(parse(["-files", "f", "-files", "g", *BASIC])).shipped] == ["f"]


def test_a_comma_in_file_is_part_of_its_name(folder):
    (folder / "a,b").touch()
    assert build_job(parse([*BASIC, "-file", "a,b"])).packed == ("a,b",)


def test_a_file_of_the_job_jar_is_called_by_its_base_name(folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "m.py").touch()
    words = ["-input", "in", "-output", "out", "-mapper", "sub/m.py -v", "-file", "sub/m.py"]
    assert build_job(parse(words)).mapper.text == "m.py -v"
