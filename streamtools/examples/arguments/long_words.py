"""Count the words that have at least --letters letters: an option of a job, known in all its tasks."""

from streamtools import Job

job = Job(value=int)
job.option("--letters", type=int, default=5, help="least number of letters of a word")


@job.map
def long_words(line):
    for word in line.split():
        if len(word) >= job.options.letters:
            yield word, 1


@job.reduce(combine=True)
def total(word, counts):
    yield word, sum(counts)


if __name__ == "__main__":
    job.main()
