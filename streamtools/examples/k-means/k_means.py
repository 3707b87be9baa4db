"""k-means: each point belongs to the nearest center, and each center moves to the middle of its points."""

from math import dist

from streamtools import Job, repeat, step, steps

K = 2  # clusters
start = Job(line=(float, float), key=(float, float), out=(int, (float, float)))
move = Job(line=(float, float), key=int, value=(int, float, float), out=(int, (float, float)))


def read_centers():
    with open("centers/part-00000") as file:
        return {int(line.split()[0]): tuple(map(float, line.split()[1:])) for line in file}


@start.map_task
def some_points(points):
    for point, _ in zip(points, range(K)):
        yield point, ""


@start.reduce_task
def first_centers(groups):
    for number, (point, _) in zip(range(K), groups):
        yield number, point


@move.map_task
def nearest(points):
    centers = read_centers()
    for x, y in points:
        yield min(centers, key=lambda number: dist(centers[number], (x, y))), (1, x, y)


@move.combine
def add(number, parts):
    yield number, tuple(map(sum, zip(*parts)))


@move.reduce
def middle(number, parts):
    count, x, y = map(sum, zip(*parts))
    center = (x / count, y / count)
    move.count("k-means", "moved", int(dist(center, read_centers()[number]) > 0.001))
    yield number, center


again = repeat(
    step(move, inputs=["-input"], files={"centers": start}),
    until=lambda counters, n: counters["k-means", "moved"] == 0,
    most=50,
    replaces=start,
)
flow = steps(start, again)

if __name__ == "__main__":
    flow.main()
