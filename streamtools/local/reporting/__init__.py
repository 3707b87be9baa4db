"""What is said of a job: progress, failures in words, the HTML page."""
