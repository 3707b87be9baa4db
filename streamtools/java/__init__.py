"""Java and Hadoop conventions that a job can see: strings, the words of a command line, globs."""
