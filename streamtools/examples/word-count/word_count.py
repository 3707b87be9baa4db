"""Count the words of a text."""

from streamtools import Job

job = Job(value=int)


@job.map
def words(line):
    for word in line.split():
        yield word, 1


@job.reduce(combine=True)
def total(word, counts):
    yield word, sum(counts)


if __name__ == "__main__":
    job.main()
