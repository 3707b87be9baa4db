from streamtools import Job

job = Job(key=(str, int), group=1)


@job.map
def visits(line):
    _, user, site, _, _, when = line.split("\t")
    yield (user, int(when)), site


@job.reduce
def path(user, visits):
    yield user, " ".join(f"{when}@{site}" for when, site in visits)


if __name__ == "__main__":
    job.main()
