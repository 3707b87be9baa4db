"""What a job leaves in its output directory."""

import pytest


@pytest.mark.parametrize(("version", "left"), [(1, []), (2, ["part-00001"])])
def test_what_a_failed_job_leaves(run_job, version, left):
    option = f"-D mapreduce.fileoutputcommitter.algorithm.version={version}"
    ran = run_job(f"{option} -input bad,good -mapper 'grep -v x' -reducer NONE", bad=b"x\n" * 9, good=b"y\n")
    assert not ran.succeeded and sorted(ran.parts) == left
