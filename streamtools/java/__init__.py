"""What jobs see of Java: strings as Java has them, globs as Hadoop reads them."""
