"""What a run tells: its progress, its report, its last lines, and the log of all runs."""
