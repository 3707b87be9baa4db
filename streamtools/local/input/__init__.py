"""Input paths -> splits -> record readers."""
