"""TOML files of steps, and the scripts of their stages, for tests here and on a real Hadoop."""

from pathlib import Path

MOST_USED = """\
help = "The most used words of a text."

[parameters]
text = { type = "string", help = "path of the text" }
most = { default = 1, help = "words to show" }

[[step]]
name = "count"
input = "{{text}}"
mapper = "st-map words"
combiner = "st-combine"
reducer = "st-reduce"
reduces = 2

[[step]]
name = "top"
mapper = "cat"
reducer = "st-reduce top -n {{most}}"
reduces = 1
"""
PAGE_RANK = """\
help = "PageRank: a line of the graph is a page, TAB, the pages it links to."

[parameters]
graph = { type = "string" }
damping = 0.85

[[step]]
name = "rank"
input = "{{graph}}"
mapper = "python3 spread.py"
reducer = "python3 rank.py {{damping}}"
files = ["spread.py", "rank.py"]
reduces = 2
repeat = { until = "pagerank/changed == 0", most = 60 }

[[step]]
name = "show"
mapper = "python3 show.py"
files = ["show.py"]
reducer = "cat"
reduces = 1
"""
K_MEANS = """\
help = "k-means of numbers: each belongs to the nearest center, and a center is the mean of its numbers."

[[step]]
name = "init"
mapper = "cat"
reducer = "python3 init.py"
files = "init.py"
reduces = 1

[[step]]
name = "assign"
input = "-input"
mapper = "python3 assign.py"
files = ["assign.py", { from = "init", as = "centers" }]
reducer = "NONE"

[[step]]
name = "update"
mapper = "cat"
reducer = "python3 update.py"
files = "update.py"
reduces = 1
repeat = { from = "assign", until = "kmeans/moved == 0", most = 20, replaces = "init" }
"""
NUMBERS, CENTERS = "1\n2\n3\n10\n11\n12\n", "11.0\n2.0\n"  # keys are sorted as bytes
GRAPH = "A\tB,C\nB\tC\nC\tA\nD\tC\n"
RANKS = "A\t1.490\nB\t0.783\nC\t1.577\nD\t0.150\n"
SCRIPTS = {
    "spread.py": """\
import sys

for line in sys.stdin:
    page, links, *rank = line.rstrip("\\n").split("\\t")
    rank = float(rank[0]) if rank else 1.0
    print(page, links, rank, sep="\\t")
    for link in links.split(","):
        print(link, rank / len(links.split(",")), sep="\\t")
""",
    "rank.py": """\
import itertools
import sys

damping = float(sys.argv[1])
records = (line.rstrip("\\n").split("\\t") for line in sys.stdin)
changed = 0
for page, group in itertools.groupby(records, lambda record: record[0]):
    links, old, mass = "", 1.0, 0.0
    for record in group:
        if len(record) == 3:
            links, old = record[1], float(record[2])
        else:
            mass += float(record[1])
    new = 1 - damping + damping * mass
    changed += abs(new - old) > 1e-5
    print(page, links, repr(new), sep="\\t")
print(f"reporter:counter:pagerank,changed,{changed}", file=sys.stderr)
""",
    "init.py": """\
import sys

print(*sorted(map(float, sys.stdin))[:2], sep="\\n")
""",
    "assign.py": """\
import sys

centers = sorted(map(float, open("centers/part-00000")))
for number in map(float, sys.stdin):
    nearest = min(centers, key=lambda center: abs(center - number))
    print(nearest, number, sep="\\t")
""",
    "update.py": """\
import itertools
import sys

pairs = (map(float, line.split("\\t")) for line in sys.stdin)
for center, group in itertools.groupby(pairs, next):
    numbers = [next(pair) for pair in group]
    print(mean := sum(numbers) / len(numbers))
    print(f"reporter:counter:kmeans,moved,{int(mean != center)}", file=sys.stderr)
""",
    "show.py": """\
import sys

for line in sys.stdin:
    page, _, rank = line.rstrip("\\n").split("\\t")
    print(f"{page}\\t{float(rank):.3f}")
""",
}


def write_flows(folder: Path) -> None:
    """Write all files of the flows into a directory."""
    (folder / "most-used.toml").write_text(MOST_USED)
    (folder / "pagerank.toml").write_text(PAGE_RANK)
    (folder / "kmeans.toml").write_text(K_MEANS)
    (folder / "numbers").write_text(NUMBERS)
    (folder / "graph.tsv").write_text(GRAPH)
    for name, text in SCRIPTS.items():
        (folder / name).write_text(text)
