import os
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
