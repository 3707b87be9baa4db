"""Jobs on their way to the place where they run."""

from encoded_files import sevenzz  # noqa: F401
