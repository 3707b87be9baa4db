"""The sites of each user in order of time: time is part of the key, but not of the group (value-to-key conversion)."""

from streamtools import Job

job = Job(line=(str, str, str, int), key=(str, int), group=1)


@job.map
def visits(visit, user, site, seconds):
    yield (user, seconds), site


@job.reduce
def path(user, rows):
    yield user, " ".join(site for seconds, site in rows)


if __name__ == "__main__":
    job.main()
