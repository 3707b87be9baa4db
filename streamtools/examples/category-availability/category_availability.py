"""Which categories of a shop have something to buy? What is available makes the category above it available."""

from streamtools import Job, repeat, steps

spread = Job(line=(str, str, str), value=(str, str), reduces=2)
show = Job(line=(str, str, str))


@spread.map
def tell_parent(category, parent, available):
    yield category, (parent, available)
    if available == "yes" and parent != "-":
        yield parent, ("", "yes")


@spread.reduce
def listen(category, values):
    above, before, after = "-", "no", "no"
    for parent, available in values:
        if parent:
            above, before = parent, available
        if available == "yes":
            after = "yes"
    spread.count("categories", "changed", int(after != before))
    yield category, (above, after)


@show.map
def states(category, parent, available):
    yield category, available


@show.reduce
def in_order(category, values):
    yield category, next(values)


flow = steps(repeat(spread, until=lambda counters, n: counters["categories", "changed"] == 0, most=30), show)

if __name__ == "__main__":
    flow.main()
