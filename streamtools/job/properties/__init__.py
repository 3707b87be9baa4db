"""The properties of a job: where they come from, their defaults, and typed access to them.

An accessor names its property, its unit and, where DEFAULTS does not have it, its default. Nothing else in the package
reads a property by its name.
"""

from streamtools.job.properties.properties import REDUCES, Properties

__all__ = ["REDUCES", "Properties"]
