from streamtools import Job

job = Job(key=(str, int), group=1)


@job.map
def visits(line):
    auction, user, site, url, agent, when = line.split("\t")
    yield (user, int(when)), site


@job.reduce
def path(user, visits):
    yield user, " ".join(f"{when}@{site}" for when, site in visits)


if __name__ == "__main__":
    job.main()
