"""The password of archives: from the environment, or as a user has typed it."""

import os
from collections.abc import Callable
from threading import Lock

from streamtools.errors import UsageError

Password = Callable[[str], str | None]  # name of an archive -> its password
VARIABLE = "STREAMTOOLS_7Z_PASSWORD"
ASKING = Lock()  # two archives that are decoded at once ask for their passwords one after the other
typed: list[str] = []  # the last one is used in place of the variable; not in the environment, which commands see


def remember(password: str) -> None:
    """Use a password for all archives that this process, and those that it forks, open from now on."""
    typed.append(password)


class Secret:
    """The password of one archive, asked for once and only when it is needed."""

    def __init__(self, name: str, ask: Password | None) -> None:
        self.name, self.ask, self.known = name, ask, ""

    def __call__(self) -> str:
        with ASKING:
            if not self.known:
                given = typed[-1] if typed else os.environ.get(VARIABLE)
                self.known = given or (self.ask(self.name) if self.ask else "") or ""
        if not self.known:
            raise UsageError(self.name, "is encrypted", f"set {VARIABLE} to its password")
        return self.known
