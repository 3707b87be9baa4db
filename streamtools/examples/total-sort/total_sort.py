"""Sort by several reducers so that their outputs, one after another, are sorted: the keys of part-00000 come first.

One job samples the keys, and cuts their range into as many parts as there are reducers. The other one writes a byte in
front of each key that sends it to the reducer of its part: Hadoop's partitioner takes a byte modulo the reducers.
"""

import random
from bisect import bisect_right

from streamtools import Job, step, steps

PARTS = 4
KEPT = 10_000  # keys that each map task samples
FIRST = 64 - 64 % PARTS  # the byte of part 0

sample = Job(line=bytes, key=bytes, value=bytes)
order = Job(line=bytes, key=(bytes, bytes), value=bytes, group=1, out=(bytes, bytes), reduces=PARTS)


@sample.map_task
def some_keys(lines):
    kept, draw = [], random.Random(1).random
    for number, line in enumerate(lines):
        place = number if number < KEPT else int(draw() * (number + 1))  # so that each line has the same chance
        if place < KEPT:
            kept[place : place + 1] = [line.partition(b"\t")[0]]
    for key in kept:
        yield key, b""


@sample.reduce_task
def cuts(groups):
    keys = [key for key, values in groups for _ in values]
    for part in range(1, PARTS):
        if keys:
            yield keys[len(keys) * part // PARTS], b""


@order.map_task
def by_part(lines):
    with open("cuts/part-00000", "rb") as file:
        cuts = [line.rstrip().partition(b"\t")[0] for line in file]
    for line in lines:
        key, _, rest = line.partition(b"\t")
        yield (bytes([FIRST + bisect_right(cuts, key)]), key), rest


@order.reduce
def without_part(part, rows):
    yield from rows


flow = steps(sample, step(order, inputs=["-input"], files={"cuts": sample}))

if __name__ == "__main__":
    flow.main()
