"""The `hadoop` command as st-hadoop offers it: `hadoop fs`, and `hadoop jar` for streaming jobs."""
