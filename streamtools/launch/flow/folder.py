"""What the steps of a flow leave beside its output, `_OUTPUT.steps`, and the record of those that are done.

    _out.steps/  steps.json  count/part-00000  rank/1/part-00000  rank/2/part-00000 ...

The record of a step is written after its output is complete. It holds a digest of what the output depends on, so that
--resume runs a step again if that has changed, and the counters, by which a repetition goes on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from streamtools.launch.flow.counted import Counted
from streamtools.launch.flow.step import Step
from streamtools.launch.storage.file_systems import Storage

RECORD = "steps.json"


@dataclass(frozen=True)
class Done:
    """A step of which `rounds` rounds are done. counters: of the last one; complete: no further round is needed."""

    fingerprint: str
    rounds: int
    counters: Counted
    complete: bool = False


class Folder:
    """The directory of intermediate data, on a file system."""

    def __init__(self, storage: Storage, path: str) -> None:
        self.storage, self.path = storage, path
        self.done: dict[str, Done] = {}

    def load(self) -> None:
        """Read the record of an earlier run, if there is one."""
        path = f"{self.path}/{RECORD}"
        if not self.storage.exists(path):
            return
        for name, (fingerprint, rounds, counters, complete) in json.loads(self.storage.read(path)).items():
            amounts = Counted({(group, counter): amount for group, counter, amount in counters})
            self.done[name] = Done(fingerprint, rounds, amounts, complete)

    def rounds(self, step: Step) -> int:
        """Return how many rounds of a step are done."""
        return self.done[step.name].rounds if step.name in self.done else 0

    def keep(self, step: Step, done: Done) -> None:
        """Record that a round of a step is done."""
        self.done[step.name] = done
        self._save()

    def complete(self, steps: Sequence[Step]) -> None:
        """Record that no further round of these steps is needed."""
        if not all(self.done[step.name].complete for step in steps):
            self.done |= {step.name: replace(self.done[step.name], complete=True) for step in steps}
            self._save()

    def forget(self, steps: Sequence[Step]) -> None:
        """Remove what there is of these steps."""
        known = [step.name for step in steps if self.done.pop(step.name, None)]
        if known:
            self._save()
        for step in steps:
            self.storage.remove(f"{self.path}/{step.name}")

    def _save(self) -> None:
        records = {
            name: (
                done.fingerprint,
                done.rounds,
                [(*key, n) for key, n in done.counters.items()],
                done.complete,
            )
            for name, done in self.done.items()
        }
        self.storage.write(f"{self.path}/{RECORD}", json.dumps(records).encode())

    def output(self, name: str, number: int = 0) -> str:
        """Return the path of the output of a step, or of a round of it, counted from 1."""
        return f"{self.path}/{name}/{number}" if number else f"{self.path}/{name}"
