"""How often were two sites seen in the same session? For each site a record with all its partners."""

import json
from collections import Counter

from streamtools import Job

job = Job(value=json)


@job.map
def stripes(session):
    sites = sorted(set(session.split()))
    for position, site in enumerate(sites):
        if partners := sites[position + 1 :]:
            yield site, dict.fromkeys(partners, 1)


@job.reduce(combine=True)
def add(site, parts):
    total = Counter()
    for part in parts:
        total.update(part)
    yield site, dict(sorted(total.items()))


if __name__ == "__main__":
    job.main()
