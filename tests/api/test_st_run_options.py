"""A job as options of st-run (streamtools.api.st_run_options)."""

import pytest

from streamtools import Job
from streamtools.errors import UsageError


def job_with_combiner(**types):
    job = Job(key=(str, int), value=int, **types)
    job.map(lambda line: [((line, 1), 1)])
    job.reduce(lambda key, values: [(key, sum(values))])
    job.combine(lambda key, values: [(key, sum(values))])
    return job


def test_the_output_of_a_combiner_keeps_all_fields_of_the_key():
    """Hadoop splits it as it does that of the reducer, after one field unless told otherwise."""
    assert "stream.num.reduce.output.key.fields=2" in job_with_combiner().command_line()
    assert "stream.num.reduce.output.key.fields=2" in job_with_combiner(group=1, out=((str, int), int)).command_line()
    with pytest.raises(UsageError, match="a key of 2 fields needs an output of 3 or more, not 2"):
        job_with_combiner(group=1).command_line()
