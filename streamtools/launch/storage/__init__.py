"""Where results lie, here or on a cluster, and how they take the place of others."""
