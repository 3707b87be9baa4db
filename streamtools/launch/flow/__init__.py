"""Jobs of several steps: each step is a job whose input is a path, or what an earlier step has written.

TOML file, or steps() of the API --> Flow (values) --runner--> jobs one after another, here or on a cluster
"""
