"""Distinct users per site: first the different pairs of site and user, then their number by site."""

from streamtools import Job, steps

pairs = Job(line=(str, str, str, int), key=(str, str), reduces=2)
count = Job(line=(str, str, str), value=int)


@pairs.map
def site_and_user(visit, user, site, seconds):
    yield (site, user), ""


@pairs.reduce(combine=True)
def once(pair, values):
    yield pair, ""


@count.map
def site_once(site, user, nothing):
    yield site, 1


@count.reduce(combine=True)
def total(site, ones):
    yield site, sum(ones)


flow = steps(pairs, count)

if __name__ == "__main__":
    flow.main()
