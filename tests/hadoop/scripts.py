"""The mappers, combiners and reducers of generated jobs; each does one thing that a launcher can get wrong."""

SUM = b"""import sys
total, last = 0, None
for line in sys.stdin.buffer:
    key, _, value = line.rstrip(b"\\n").partition(b"\\t")
    if key != last:
        if last is not None:
            sys.stdout.buffer.write(b"%s\\t%d\\n" % (last, total))
        total, last = 0, key
    total += int(value or 0)
if last is not None:
    sys.stdout.buffer.write(b"%s\\t%d\\n" % (last, total))
"""

WORDS = b"""import sys
for line in sys.stdin.buffer:
    for word in line.split():
        sys.stdout.buffer.write(word + b"\\t1\\n")
"""

COUNTING = b"""import sys
for number, line in enumerate(sys.stdin.buffer):
    sys.stdout.buffer.write(line)
    if number % 3 == 0:
        sys.stderr.write("reporter:counter:Lines,third,1\\n")
    if number % 4 == 0:
        sys.stderr.write("reporter:status:at line %d\\n" % number)
sys.stderr.write("reporter:counter:Lines,seen by a task,1\\n")
"""

# writes the file `said` to stderr, once per task
SAYING = b"""import sys
with open("said", "rb") as said:
    sys.stderr.buffer.write(said.read())
sys.stderr.flush()
for line in sys.stdin.buffer:
    sys.stdout.buffer.write(line)
"""

# writes the file `written` instead of its input
WRITING = b"""import sys
sys.stdin.buffer.read()
with open("written", "rb") as written:
    sys.stdout.buffer.write(written.read())
"""

ARGV = b"""import sys
for line in sys.stdin:
    pass
for word in sys.argv[1:]:
    print(ascii(word))
"""

ENVIRONMENT = b"""import os
import sys
sys.stdin.read()
for name in sys.argv[1:]:
    value = os.environ.get(name)
    print(name, ascii(value), sep="\\t")
"""

# exits with a status or dies of a signal at a line with `bad`; argv: status or signal, at once or at the end
FAILING = b"""import os
import sys
what, when = sys.argv[1], sys.argv[2]
met = when == "always"
for line in sys.stdin.buffer:
    met = met or b"bad" in line
    if met and when == "at-once":
        break
    sys.stdout.buffer.write(line)
sys.stdout.flush()
if met:
    if what.startswith("signal"):
        os.kill(os.getpid(), int(what[6:]))
    sys.exit(int(what))
"""

ALL = {
    "sum.py": SUM,
    "words.py": WORDS,
    "counting.py": COUNTING,
    "saying.py": SAYING,
    "writing.py": WRITING,
    "argv.py": ARGV,
    "environment.py": ENVIRONMENT,
    "failing.py": FAILING,
}


def used(args: list[str]) -> dict[str, bytes]:
    """Return the scripts that these arguments name."""
    return {name: text for name, text in ALL.items() if any(name in word for word in args)}
