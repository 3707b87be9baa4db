from streamtools import Job

job = Job(key=(float, int), value=str)


@job.map
def numbers(line):
    yield (float(line), len(line)), line


@job.reduce
def same(key, lines):
    yield key, " ".join(sorted(lines))


if __name__ == "__main__":
    job.main()
