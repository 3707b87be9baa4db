"""k-means of numbers: each belongs to the nearest center, and a center is the mean of its numbers."""

from streamtools import Job, repeat, step, steps

init = Job(line=float, key=float)
assign = Job(line=float, key=float, value=float)
update = Job(line=(float, float), key=float, value=float, out=(float, str))
show = Job()


@init.map
def number(number):
    yield number, ""


@init.reduce_task
def smallest(groups):
    yield from [(next(groups)[0], "") for _ in range(2)]


@assign.map_task
def nearest(numbers):
    with open("centers/part-00000") as file:
        centers = sorted(map(float, file))
    for number in numbers:
        yield min(centers, key=lambda center: abs(center - number)), number


@update.map
def pair(center, number):
    yield center, number


@update.reduce
def mean(center, numbers):
    members = list(numbers)
    new = sum(members) / len(members)
    update.count("kmeans", "moved", int(new != center))
    yield new, ""


@show.map
def plain(center):
    yield center.rstrip(), ""


again = repeat(
    step(assign, inputs=["-input"], files={"centers": init}),
    update,
    until=lambda counters, n: counters["kmeans", "moved"] == 0,
    most=20,
    replaces=init,
)
flow = steps(init, again, show)

if __name__ == "__main__":
    flow.main()
