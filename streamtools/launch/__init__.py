"""A job to the place where it runs: here, or on a cluster."""
