"""Inputs that change while a job reads them (Split.check_end, inputs.stamps): their own mapper does it, so no race."""

import pytest

LINES = b"".join(b"line %d\n" % number for number in range(20_000))
SPLITS = "-D fs.local.block.size=50000"
CHANGES = {  # how the mapper leaves the input: what the job says, "" if it succeeds
    "truncate -s 1000 $0": "in: was cut short",
    "touch -d @1 $0": "in: was changed while it was read",
    "echo more >> $0": "",
    "true $0": "",
}


@pytest.mark.parametrize("reduces", [0, 1])
@pytest.mark.parametrize(("change", "problem"), CHANGES.items())
def test_a_job_whose_input_changes(run_job, folder, change, problem, reduces):
    path = folder / "in"
    mapper = f"sh -c 'cat; {change.replace('$0', str(path))}'"
    options = f'-D mapreduce.job.reduces={reduces} {SPLITS} -input in -mapper "{mapper}" -reducer cat'
    ran = run_job(options, jobs=1, **{"in": LINES})
    assert ran.succeeded == (not problem)
    assert (folder / "out" / "_SUCCESS").exists() == (not problem)
    told = [line for line in ran.said if problem and problem in line]
    assert bool(told) == bool(problem)


def test_the_first_task_that_reads_beyond_the_end_says_what_is_missing(run_job, folder):
    mapper = f"sh -c 'cat; truncate -s 1000 {folder}/in'"
    ran = run_job(f'{SPLITS} -input in -mapper "{mapper}" -reducer NONE', jobs=1, **{"in": LINES})
    assert not ran.succeeded
    assert any("it has 1,000 bytes, of" in line and "planned" in line for line in ran.said)
