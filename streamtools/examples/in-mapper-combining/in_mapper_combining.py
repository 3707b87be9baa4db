"""Count words in the mapper already: a dictionary for the whole task instead of a combiner."""

from collections import Counter

from streamtools import Job

job = Job(value=int)
MOST = 100_000  # words in memory


@job.map_task
def words(lines):
    counts = Counter()
    for line in lines:
        counts.update(line.split())
        if len(counts) > MOST:
            yield from counts.items()
            counts.clear()
    yield from counts.items()


@job.reduce
def total(word, counts):
    yield word, sum(counts)


if __name__ == "__main__":
    job.main()
