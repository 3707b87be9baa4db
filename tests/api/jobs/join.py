from streamtools import Job

job = Job(key=(str, int), group=1)


@job.map("sites*")
def sites(line):
    yield (line.split("\t")[0], 0), line.split("\t")[1]


@job.map
def visits(line):
    yield (line.split("\t")[2], 1), line.split("\t")[1]


@job.reduce
def named(site, rows):
    side, name = next(rows)  # that of the table comes first
    for _, user in rows if side == 0 else ():
        yield site, f"{user}\t{name}"


if __name__ == "__main__":
    job.main()
