"""The saved jobs by st-run give what the real Hadoop gave when its answers were recorded; needs no Java.

`make test-hadoop` compares the recorded answers with the real Hadoop; `make record-hadoop` writes them anew.
"""

from pathlib import Path

import pytest
from compare import answer_of, differences
from jobs import Job
from launchers import run_here
from recorded import CASES, NAMES, abridge, load_answer


@pytest.mark.parametrize("name", NAMES)
def test_recorded_answer(name: str, tmp_path: Path) -> None:
    job, recorded = Job.load(CASES / name), load_answer(name)
    assert recorded, f"no answer of Hadoop's is recorded for {name}: run make record-hadoop"
    assert differences(recorded, abridge(answer_of(job, run_here(job, tmp_path)))) == []
