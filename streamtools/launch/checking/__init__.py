"""st-run --check: what is wrong with a job, from its command line to a sample of its input.

fixes (--fix) -> commands and scripts -> trials (the job run over a sample) -> lines (what the mapper prints)
"""
