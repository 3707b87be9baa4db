"""Keep the visits that are well formed, and count the others by what is wrong with them."""

from streamtools import Job

job = Job()


@job.map
def valid(line):
    fields = line.split("\t")
    if len(fields) != 4:
        job.count("bad lines", "number of fields")
    elif not fields[1]:
        job.count("bad lines", "no user")
    elif not fields[3].isdecimal():
        job.count("bad lines", "time")
    else:
        yield fields[0], "\t".join(fields[1:])


if __name__ == "__main__":
    job.main()
