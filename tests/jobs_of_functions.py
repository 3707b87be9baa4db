"""The jobs of one step in tests/api/jobs, and inputs for them."""

import json

from places import ROOT, SAMPLE

from streamtools import Job
from streamtools.api.job_file import load_job

JOBS = ROOT / "tests/api/jobs"
TEXT = "to be or not to be\nthat is the question\n\u00e9t\u00e9 \udcff\n".encode(errors="surrogateescape")
LOG = b"".join((SAMPLE / "adlog.tsv").read_bytes().splitlines(keepends=True)[:3000])
RECORDS = "".join(json.dumps({"user": f"u{number % 3}", "n": number}) + "\n" for number in range(9))
INPUTS: dict[str, dict[str, bytes]] = {  # name of a job -> name of a file -> content
    "word_count": {"text.txt": TEXT},
    "unique_users": {"adlog.tsv": LOG},
    "join": {"adlog.tsv": LOG, "sites.tsv": (SAMPLE / "sites.tsv").read_bytes()},
    "secondary_sort": {"adlog.tsv": LOG},
    "json_records": {"records.json": RECORDS.encode()},
    "numbers": {"numbers.txt": b"10\n9\n-1.5\n1e3\n0.25\n9\n-20\n"},
}


def load(name: str) -> Job:
    """Return the job of a file in tests/api/jobs."""
    return load_job(str(JOBS / f"{name}.py"))
