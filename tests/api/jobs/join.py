from streamtools import Job

job = Job(key=(str, int), group=1)


@job.map("sites*")
def sites(line):
    site, name = line.split("\t")
    yield (site, 0), name


@job.map
def visits(line):
    yield (line.split("\t")[2], 1), line.split("\t")[1]


@job.reduce
def named(site, rows):
    name = "?"
    for side, text in rows:
        if side:
            yield site, f"{text}\t{name}"
        else:
            name = text


if __name__ == "__main__":
    job.main()
