import os
import sys

sys.stdin.read()
for name in sys.argv[1:]:
    value = os.environ.get(name)
    print(name, ascii(value), sep="\t")
