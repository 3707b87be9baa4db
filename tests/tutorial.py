"""Run the tutorial from its first command to its last, and say how long that takes: `make tutorial`.

The part for a real Hadoop is run where `make hadoop` has fetched one, whose cluster is started if it does not run.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

import pages
from hadoop_home import is_installed, running_cluster

from streamtools.launch.guide import find_page

MOST_SECONDS = 600


def main() -> None:
    """Exit with status 1 if a block prints something else than the tutorial shows, or if it takes too long."""
    began = time.monotonic()
    page = find_page("tutorial")
    kinds = {pages.CONSOLE, pages.PYTHON, pages.FILE}
    wrong = count = 0
    with tempfile.TemporaryDirectory() as folder, running_cluster() if is_installed() else nullcontext() as cluster:
        if cluster:
            kinds.add(pages.CLUSTER)
            pages.clear_cluster(page.text, cluster)
        for answer in pages.run_blocks(page.text, Path(folder), cluster or dict(os.environ), kinds):
            count += 1
            print(f"line {answer.shown.line}:\n{answer.printed}", flush=True)
            if not answer.is_as_shown:
                wrong += 1
                print(f"but the tutorial shows:\n{answer.shown.content}", flush=True)
    seconds = time.monotonic() - began
    hadoop = "on the real Hadoop, too" if cluster else "without the part for Hadoop; make hadoop fetches one"
    print(f"{count} blocks in {seconds:.0f} s, {hadoop}; {wrong} differ; {page.minutes} minutes to read")
    if wrong or seconds > MOST_SECONDS:
        sys.exit(1)


if __name__ == "__main__":
    main()
