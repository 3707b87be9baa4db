"""Sessions out of a log: visits of a user with less than --gap seconds between them."""

from streamtools import Job

job = Job(line=(str, str, str, int), key=(str, int), group=1, out=(str, (int, int, int)))
job.option("--gap", type=int, default=1800, help="seconds without a visit that end a session")


@job.map
def visits(visit, user, site, seconds):
    yield (user, seconds), site


@job.reduce
def sessions(user, rows):
    start = last = visits = 0
    for seconds, _ in rows:
        if visits and seconds - last > job.options.gap:
            yield user, (start, last, visits)
            visits = 0
        start = start if visits else seconds
        last = seconds
        visits += 1
    yield user, (start, last, visits)


if __name__ == "__main__":
    job.main()
