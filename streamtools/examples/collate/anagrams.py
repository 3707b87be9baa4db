"""Words that are made of the same letters, in one line for each group."""

from streamtools import Job

job = Job(key=(str, str), group=1)


@job.map
def by_letters(word):
    yield ("".join(sorted(word)), word), ""


@job.reduce
def anagrams(letters, rows):
    words = [word for word, _ in rows]
    if len(words) > 1:
        yield letters, " ".join(words)


if __name__ == "__main__":
    job.main()
