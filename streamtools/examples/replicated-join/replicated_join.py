"""Join a log with a small table, which every map task reads into memory: no reducer, no sort."""

from streamtools import Job

job = Job(line=(str, str, str, int))
table = job.file("sites.tsv")


@job.map_task
def named(visits):
    with open(table) as file:
        names = dict(line.rstrip("\n").split("\t") for line in file)
    for visit, user, site, _ in visits:
        yield visit, f"{user}\t{names.get(site, site)}"


if __name__ == "__main__":
    job.main()
