"""A streaming job as the differential tests see it: arguments, files, and how far its output has an order."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Order:
    """The fields, from 0, that fix the place of an output line.

    They are fields of the whole line if the separator is TAB, else of its part before the first TAB. Lines with the
    same fields may come in any order, since Hadoop promises none among the values of one key.
    """

    separator: bytes = b"\t"
    fields: list[int] = field(default_factory=lambda: [0])

    def place(self, line: bytes) -> tuple[bytes, ...]:
        """Return the fields that fix the place of a line."""
        key = line if self.separator == b"\t" else line.split(b"\t", 1)[0]
        parts = key.split(self.separator)
        return tuple(parts[i] for i in self.fields if i < len(parts))


@dataclass
class Job:
    """The arguments and files of a job.

    `files` maps paths to contents; a path that ends in `/` is an empty directory. `order` is None if lines may come in
    any order. `open` names the counters that Hadoop does not determine, such as a combiner's, as spills depend on
    threads.
    """

    name: str
    args: list[str]
    files: dict[str, bytes] = field(default_factory=dict)
    order: Order | None = field(default_factory=Order)
    open: list[str] = field(default_factory=list)
    note: str = ""

    def write(self, folder: Path) -> None:
        """Write the job's files into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            path = folder / os.fsdecode(name.encode())
            if name.endswith("/"):
                path.mkdir(parents=True, exist_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)

    def save(self, folder: Path) -> None:
        """Save the job as a case: job.json beside a directory `files`."""
        self.write(folder / "files")
        order = self.order and asdict(self.order) | {"separator": self.order.separator.decode()}
        about = {
            "note": self.note,
            "args": self.args,
            "order": order,
            "open": self.open,
            "empty": [name for name in self.files if name.endswith("/")],
        }
        (folder / "job.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Job":
        """Read a saved case."""
        about = json.loads((folder / "job.json").read_text(encoding="utf-8"))
        order = about["order"] and Order(**about["order"] | {"separator": about["order"]["separator"].encode()})
        root = folder / "files"
        files = {str(path.relative_to(root)): path.read_bytes() for path in all_files(root)}
        return cls(
            folder.name, about["args"], files | dict.fromkeys(about["empty"], b""), order, about["open"], about["note"]
        )


def all_files(folder: Path) -> Iterator[Path]:
    """Yield every file under `folder`, hidden ones too."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())
