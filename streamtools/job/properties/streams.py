"""Properties of the streams between tasks and commands."""

import os

from streamtools.formats.command_io import WRITABLES_READ
from streamtools.job.properties.values import Theme, Values

STREAMS = ("stream.map.input", "stream.map.output", "stream.reduce.input", "stream.reduce.output")
IO_FORMATS = tuple(WRITABLES_READ)  # of -io


class StreamProperties(Theme):
    """How records go to the stdin of a command or come from its stdout.

    name: map.input, map.output, reduce.input or reduce.output.
    """

    def __init__(self, values: Values, name: str) -> None:
        super().__init__(values)
        self.name = name

    @property
    def io_format(self) -> str:
        """One of IO_FORMATS (-io), text unless set; Hadoop takes an unknown one for text, too."""
        name = self.values.text(f"stream.{self.name}", "text").lower()
        return name if name in IO_FORMATS else "text"

    @property
    def separator(self) -> bytes:
        """What separates key and value in text, TAB unless set."""
        return os.fsencode(self.values.text(self._separator_name, "\t"))

    @property
    def key_fields(self) -> int:
        """Number of fields of the output that are the key, 1 unless set."""
        return self.values.number(self._key_fields_name, 1)

    @property
    def is_given(self) -> bool:
        """Whether the user has set format, separator or number of key fields."""
        return self.values.is_given(f"stream.{self.name}", self._separator_name, self._key_fields_name)

    def ignores_key(self, default: bool) -> bool:
        """Return whether a mapper that reads text gets values without keys (stream.map.input.ignoreKey)."""
        return self.io_format == "text" and self.values.is_true(f"stream.{self.name}.ignoreKey", default)

    @property
    def _separator_name(self) -> str:
        return f"stream.{self.name}.field.separator"

    @property
    def _key_fields_name(self) -> str:
        return f"stream.num.{self.name}.key.fields"
