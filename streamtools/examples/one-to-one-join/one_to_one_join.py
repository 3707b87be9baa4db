"""Join two tables that have each key once: at most two values meet."""

from streamtools import Job

job = Job(line=(str, str), value=(str, str))


@job.map("mail*")
def mail(user, address):
    yield user, ("mail", address)


@job.map("phone*")
def phone(user, number):
    yield user, ("phone", number)


@job.reduce
def both(user, rows):
    found = dict(rows)
    if len(found) == 2:
        yield user, (found["mail"], found["phone"])


if __name__ == "__main__":
    job.main()
