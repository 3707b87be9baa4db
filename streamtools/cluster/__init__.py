"""Launching the same job on a cluster: from a Job to the command line of the real Hadoop."""
