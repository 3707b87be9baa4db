"""Writing jobs in Python: `from streamtools import Job`. Tasks import this package on the nodes, on Python 3.9."""
