"""`python3 -m streamtools TOOL ...`, and `python3 streamtools.pyz TOOL ...` where nothing is installed."""

import os
import sys
from importlib import import_module

TOOLS = ("st-cat", "st-map", "st-combine", "st-sort", "st-reduce", "st-run", "st-hadoop")


def main() -> int:
    """Run the executable that the first argument names with the other arguments; return its exit status."""
    tool = sys.argv[1] if len(sys.argv) > 1 else ""
    if tool not in TOOLS:
        print(f"streamtools: {tool!r} is no tool; name one of {' '.join(TOOLS)}", file=sys.stderr)
        return os.EX_USAGE
    del sys.argv[1]
    status: int = import_module("streamtools.cli." + tool.replace("-", "_")).main()
    return status


if __name__ == "__main__":
    sys.exit(main())
