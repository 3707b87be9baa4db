import json

from streamtools import Job

job = Job(line=json, value=json)


@job.map
def users(record):
    yield record["user"], record


@job.reduce
def summary(user, records):
    yield user, {"n": sum(record["n"] for record in records)}


if __name__ == "__main__":
    job.main()
