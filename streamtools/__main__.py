"""`python3 -m streamtools TOOL ...`, and `python3 streamtools.pyz TOOL ...` where nothing is installed."""

import os
import sys

from streamtools.start import run_tool

SINCE_310 = ("st-cat", "st-pack", "st-sort", "st-run", "st-hadoop")  # nodes often have 3.9: the others run there


def main() -> int:
    """Run the executable that the first argument names with the other arguments; return its exit status."""
    tool = sys.argv[1] if len(sys.argv) > 1 else ""
    if sys.version_info < (3, 10) and tool in SINCE_310:
        return _unavailable(tool, f"needs Python 3.10, and this is {sys.version.split()[0]}", "use a newer one")
    try:
        return run_tool("tools")
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library == "streamtools":
            raise
        return _unavailable(
            tool, f"missing Python library {library}", f"pip install {library}, or add it to PYTHONPATH"
        )


def _unavailable(tool: str, problem: str, remedy: str) -> int:
    print(f"{tool}: {problem}; {remedy}", file=sys.stderr)
    return os.EX_UNAVAILABLE


if __name__ == "__main__":
    sys.exit(main())
