"""Part files, and how a task's output becomes the job's at once."""
