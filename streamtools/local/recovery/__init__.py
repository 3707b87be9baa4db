"""What is kept of finished and failed tasks: --resume, --replay, --skip-bad."""
