"""What stands for Java classes that a command line names: mappers, reducers, aggregate, field selection."""
