"""Stand-ins for the Java mappers and reducers that a command line can name."""
