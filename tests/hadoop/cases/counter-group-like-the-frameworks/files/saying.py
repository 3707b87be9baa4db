import sys

with open("said", "rb") as said:
    sys.stderr.buffer.write(said.read())
sys.stderr.flush()
for line in sys.stdin.buffer:
    sys.stdout.buffer.write(line)
