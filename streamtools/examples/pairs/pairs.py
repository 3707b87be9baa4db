"""How often were two sites seen in the same session? A record for each pair."""

from itertools import combinations

from streamtools import Job

job = Job(key=(str, str), value=int)


@job.map
def seen_together(session):
    for pair in combinations(sorted(set(session.split())), 2):
        yield pair, 1


@job.reduce(combine=True)
def total(pair, counts):
    yield pair, sum(counts)


if __name__ == "__main__":
    job.main()
