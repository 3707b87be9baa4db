"""Join two tables that are sorted and partitioned alike, in the mapper: both are read side by side, once."""

import os

from streamtools import Job

job = Job(line=(str, str))
towns = job.file("towns")


def pairs_of(path):
    with open(path) as file:
        for line in file:
            yield line.rstrip("\n").split("\t")


@job.map_task
def merge(orders):
    waiting = pairs_of(os.path.join(towns, os.path.basename(job.input_name)))  # the part of the same number
    user, town = "", ""
    for customer, item in orders:
        while user < customer:
            user, town = next(waiting, ("\U0010ffff", ""))
        if user == customer:
            yield customer, f"{town}\t{item}"


if __name__ == "__main__":
    job.main()
