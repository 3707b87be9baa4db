"""A job on a cluster: what it ships, its command line, checks before it starts, and why it failed."""
