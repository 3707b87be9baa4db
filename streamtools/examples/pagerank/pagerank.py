"""PageRank: each page hands its rank on to the pages it links to, until hardly a rank changes."""

from streamtools import Job, repeat, steps

rank = Job(reduces=2)
show = Job()


@rank.map
def spread(line):
    page, links, old = (line + "\t1.0").split("\t")[:3]  # the input has no ranks yet
    yield page, f"{links}\t{old}"
    for link in links.split(","):
        yield link, repr(float(old) / len(links.split(",")))


@rank.reduce
def gather(page, values):
    links, old, mass = "", 1.0, 0.0
    for value in values:
        if "\t" in value:
            links, old = value.split("\t")[0], float(value.split("\t")[1])
        else:
            mass += float(value)
    new = 0.15 + 0.85 * mass
    rank.count("pagerank", "changed", int(abs(new - old) > 0.002))
    yield page, f"{links}\t{new!r}"


@show.map
def rounded(line):
    page, _, value = line.split("\t")
    yield page, f"{float(value):.2f}"


@show.reduce
def in_order(page, values):
    yield page, next(values)


flow = steps(repeat(rank, until=lambda counters, n: counters["pagerank", "changed"] == 0, most=60), show)

if __name__ == "__main__":
    flow.main()
