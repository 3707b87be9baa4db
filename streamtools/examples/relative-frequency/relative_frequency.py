"""How often is a word followed by another, of all that follow it? The total comes first (order inversion)."""

from streamtools import Job

job = Job(key=(str, str), value=int, group=1, out=((str, str), float))
ALL = ""  # sorts before every word


@job.map
def followers(line):
    words = line.split()
    for word, follower in zip(words, words[1:]):
        yield (word, ALL), 1
        yield (word, follower), 1


@job.combine
def total(pair, counts):
    yield pair, sum(counts)


@job.reduce
def share(word, rows):
    whole, follower, seen = 0, ALL, 0
    for other, count in rows:
        if other == ALL:
            whole += count
            continue
        if other != follower and seen:
            yield (word, follower), round(seen / whole, 3)
            seen = 0
        follower = other
        seen += count
    yield (word, follower), round(seen / whole, 3)


if __name__ == "__main__":
    job.main()
