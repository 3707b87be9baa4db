"""A command as a stage: program, process, environment, working directory."""
