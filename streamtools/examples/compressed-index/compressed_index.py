"""An index with small numbers: for each word the numbers of its documents, as gaps to the one before."""

from streamtools import Job

job = Job(line=(int, str), key=(str, int), group=1)


@job.map
def words(number, text):
    for word in set(text.split()):
        yield (word, number), ""


@job.reduce
def gaps(word, rows):
    before, line = 0, []
    for number, _ in rows:  # in order of the numbers
        line.append(str(number - before))
        before = number
    yield word, " ".join(line)


if __name__ == "__main__":
    job.main()
