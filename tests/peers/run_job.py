"""Run a job of mrjob and print its output and counters as JSON: run_job.py MODULE:CLASS ARGUMENTS."""

import importlib
import json
import logging
import sys

module, _, name = sys.argv[1].partition(":")
logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
job = getattr(importlib.import_module(module), name)(args=sys.argv[2:])
with job.make_runner() as runner:
    runner.run()
    output = b"".join(runner.cat_output()).decode("utf-8")
    counters = runner.counters()
json.dump({"lines": sorted(output.split("\n")), "counters": counters}, sys.stdout)
