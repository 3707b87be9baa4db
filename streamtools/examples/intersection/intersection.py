"""The users of Monday who were there on Tuesday, too: the name of the input says which list a line is from."""

from streamtools import Job

job = Job(value=int)


@job.map("monday*")
def monday(user):
    yield user, 1


@job.map("tuesday*")
def tuesday(user):
    yield user, 2


@job.reduce
def in_both(user, days):
    if set(days) == {1, 2}:
        yield user, 2


if __name__ == "__main__":
    job.main()
