"""PageRank with dangling pages: those without links hand their rank on to all pages, so that none of it is lost."""

from streamtools import Job, repeat, step, steps

Page = (str, str, float)  # a page, the pages it links to, its rank
begin = Job(line=(str, str), value=(str, float))
mass = Job(line=Page, value=(int, float))
rank = Job(line=Page, out=(str, (str, float)), reduces=2)
show = Job(line=Page)


@begin.map
def first_rank(page, links):
    yield page, (links, 1.0)


@mass.map
def dangling(page, links, old):
    yield "all", (1, 0.0 if links else old)


@mass.reduce(combine=True)
def total(name, parts):
    yield name, tuple(map(sum, zip(*parts)))


@rank.map
def spread(page, links, old):
    yield page, f"{links}\t{old!r}"
    for link in filter(None, links.split(",")):
        yield link, repr(old / len(links.split(",")))


@rank.reduce
def gather(page, values):
    with open("mass/part-00000") as file:
        _, pages, lost = file.read().split()
    links, old, got = "", 1.0, float(lost) / int(pages)
    for value in values:
        head, tab, last = value.rpartition("\t")
        if tab:
            links, old = head, float(last)
        else:
            got += float(last)
    new = 0.15 + 0.85 * got
    rank.count("pagerank", "changed", int(abs(new - old) > 0.001))
    yield page, (links, new)


@show.map
def rounded(page, links, value):
    yield page, f"{value:.2f}"


@show.reduce
def in_order(page, values):
    yield page, next(values)


again = repeat(
    step(mass, inputs=[begin]),
    step(rank, inputs=[begin], files={"mass": mass}),
    until=lambda counters, n: counters["pagerank", "changed"] == 0,
    most=60,
    replaces=begin,
)
flow = steps(begin, again, show)

if __name__ == "__main__":
    flow.main()
