"""What is refused of a job before it runs."""

import pytest

from streamtools.job import Refused, build_job, parse

BASIC = ["-input", "in", "-output", "out", "-mapper", "cat"]


REFUSED = [
    (["-D", "mapreduce.job.partitioner.class=x"], "map compatability mode", 5),
    (["-D", "mapreduce.input.pathFilter.class=x.y.Z"], "no stand-in", 1),
    (["-D", "mapreduce.map.output.compress=true", "-D", "mapreduce.map.output.compress.codec=x"], "not found", 1),
    (["-D", "mapreduce.fileoutputcommitter.algorithm.version=3"], "Only 1 or 2", 1),
    (["-D", "mapreduce.task.io.sort.mb=2048"], "Invalid", 1),
    (["-D", "io.sort.spill.percent=1.5"], "Invalid", 1),
    (["-files", "a b"], "Illegal character", 1),
    (["-files", "f#g#h"], "Illegal character", 1),
]


@pytest.mark.parametrize(("words", "problem", "status"), REFUSED)
def test_refused_on_submission(folder, words, problem, status):
    for name in ("f", "a b"):
        (folder / name).touch()
    with pytest.raises(Refused, match=problem) as refusal:
        build_job(parse([*words, *BASIC]))
    assert refusal.value.exit_code == status
