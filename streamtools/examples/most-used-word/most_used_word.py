"""The most used words of a text: two jobs in one file, the second reads what the first has written."""

from streamtools import Job, steps

count = Job(value=int, reduces=2)
most = Job(line=(str, int), value=int)
most.option("--most", type=int, default=1, help="words to show")


@count.map
def words(line):
    for word in line.split():
        yield word, 1


@count.reduce(combine=True)
def total(word, counts):
    yield word, sum(counts)


@most.map
def same(word, count):
    yield word, count


@most.reduce_task
def best(groups):
    pairs = [(word, sum(counts)) for word, counts in groups]
    yield from sorted(pairs, key=lambda pair: -pair[1])[: most.options.most]


flow = steps(count, most)

if __name__ == "__main__":
    flow.main()
