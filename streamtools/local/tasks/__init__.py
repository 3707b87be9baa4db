"""One attempt at a map or reduce task, and the processes that run them."""
