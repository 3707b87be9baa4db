"""Moving average: for each day the mean of the last --days values of its series."""

from collections import deque

from streamtools import Job

job = Job(line=(str, int, float), key=(str, int), value=float, group=1, out=((str, int), float))
job.option("--days", type=int, default=3, help="values to average")


@job.map
def values(series, day, value):
    yield (series, day), value


@job.reduce
def averages(series, rows):
    last = deque(maxlen=job.options.days)
    for day, value in rows:
        last.append(value)
        yield (series, day), round(sum(last) / len(last), 2)


if __name__ == "__main__":
    job.main()
