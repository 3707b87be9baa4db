"""The users of Monday who did not come back on Tuesday."""

from streamtools import Job

job = Job(value=int)


@job.map("monday*")
def monday(user):
    yield user, 1


@job.map("tuesday*")
def tuesday(user):
    yield user, 2


@job.reduce
def only_monday(user, days):
    if 2 not in days:
        yield user, 1


if __name__ == "__main__":
    job.main()
