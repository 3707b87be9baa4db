"""A TOML file of steps, with its parameters and conditions, as a Flow."""
