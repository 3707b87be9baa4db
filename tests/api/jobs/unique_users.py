from streamtools import Job

job = Job(line=bytes, key=bytes, value=int, reduces=2)


@job.map
def users(line):
    job.count("log", "lines")
    yield line.split(b"\t")[1], 1


@job.reduce_task
def unique(groups):
    yield b"users", sum(1 for user, ones in groups)


if __name__ == "__main__":
    job.main()
