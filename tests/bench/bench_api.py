"""Speed of jobs written with streamtools.Job, as filters, against loops written by hand over sys.stdin.buffer.

.venv/bin/python tests/bench/bench_api.py [--quick]
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from measure import Contest, report

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = sys.executable
HAND = {
    "words": """
import sys
write = sys.stdout.buffer.write
for line in sys.stdin.buffer:
    for word in line.split():
        write(word + b"\\t1\\n")
""",
    "sums": """
import sys
write, last, total = sys.stdout.buffer.write, None, 0
for line in sys.stdin.buffer:
    key, _, value = line.partition(b"\\t")
    if key != last:
        if last is not None:
            write(b"%b\\t%d\\n" % (last, total))
        last, total = key, 0
    total += int(value)
write(b"%b\\t%d\\n" % (last, total))
""",
}
JOB = """
from streamtools import Job
job = Job(line={kind}, key={kind}, value=int)

@job.map
def words(line):
    for word in line.split():
        yield word, 1

@job.reduce
def total(key, values):
    yield key, sum(values)

if __name__ == "__main__":
    job.main()
"""
TARGETS = {"bytes": 1.3, "str": 1.6}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="use a fifth of the data and three runs")
    quick = parser.parse_args().quick
    lines, repeats = (100_000, 3) if quick else (500_000, 5)
    with tempfile.TemporaryDirectory(prefix="st-bench-") as name:
        scratch = Path(name)
        text, pairs = generate(scratch, lines)
        contests = []
        for kind, target in TARGETS.items():
            job = scratch / f"job_{kind}.py"
            job.write_text(JOB.format(kind=kind))
            for title, stage, stdin in (("words", "map", text), ("sums", "reduce", pairs)):
                commands = {"by hand": [PYTHON, "-c", HAND[title]], f"Job, {kind}": [PYTHON, str(job), stage]}
                contests.append(Contest(title, commands, target, {"PYTHONPATH": str(ROOT)}, stdin))
        results = [contest.run(repeats, scratch) for contest in contests]
    note = f"data: {lines:,} lines of 10 words; {10 * lines:,} sorted pairs of 1,000 keys"
    print(report("Jobs as filters", results, [note, "ratio: wall time of the Job to the loop by hand"]))


def generate(scratch: Path, lines: int) -> tuple[Path, Path]:
    """Write a text, and sorted pairs of a word and 1."""
    draw = random.Random(1)
    words = [f"w{draw.randrange(1000):03d}" for _ in range(10 * lines)]
    text, pairs = scratch / "text", scratch / "pairs"
    text.write_text("".join(" ".join(words[start : start + 10]) + "\n" for start in range(0, len(words), 10)))
    pairs.write_text("".join(f"{word}\t1\n" for word in sorted(words)))
    return text, pairs


if __name__ == "__main__":
    main()
