"""How many steps is each node away from --start? In each round the search goes one step further."""

from streamtools import Job, repeat, steps

search = Job(reduces=2)
search.option("--start", default="A", help="node where the search begins")
show = Job()


@search.map
def go(line):
    node, links, *found = line.split("\t")
    distance = found[0] if found else "0" if node == search.options.start else "?"
    yield node, f"{links}\t{distance}"
    if distance != "?":
        for link in links.split(","):
            yield link, str(int(distance) + 1)


@search.reduce
def nearest(node, values):
    links, before, found = "", "?", []
    for value in values:
        if "\t" in value:
            links, before = value.split("\t")
        else:
            found.append(int(value))
    distances = [*found, *([int(before)] if before != "?" else [])]
    after = str(min(distances)) if distances else "?"
    search.count("search", "changed", int(after != before))
    yield node, f"{links}\t{after}"


@show.map
def distances(line):
    node, _, distance = line.split("\t")
    yield node, distance


@show.reduce
def in_order(node, values):
    yield node, next(values)


flow = steps(repeat(search, until=lambda counters, n: counters["search", "changed"] == 0, most=30), show)

if __name__ == "__main__":
    flow.main()
