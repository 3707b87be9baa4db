"""Hadoop's recorded answers to the saved jobs: `hadoop.json` beside each job.json.

A file is readable text: exit status, the lines of each output file (null: there is no output directory), counters.
Where lines are long or many, their length and checksum stand for them. A byte that is not UTF-8 stands as a lone
surrogate, an escape that begins with `udc`.
"""

import json
import os
from hashlib import sha256

from compare import Answer
from hadoop_home import HERE

CASES = HERE / "cases"
NAMES = sorted(path.parent.name for path in CASES.glob("*/job.json"))
LONGEST, MOST = 120, 60  # bytes of a line, lines of a file that are kept as they are


def abridge(answer: Answer) -> Answer:
    """Put length and checksum in the place of long lines and long files."""
    if answer.files is None:
        return answer
    return answer._replace(files={name: abridge_lines(lines) for name, lines in answer.files.items()})


def abridge_lines(lines: list[bytes]) -> list[bytes]:
    if len(lines) > MOST:
        checksum = sha256(b"\n".join(lines)).hexdigest()
        return [f"... {len(lines)} lines, sha256 {checksum}".encode()]
    return [line if len(line) <= LONGEST else abridge_line(line) for line in lines]


def abridge_line(line: bytes) -> bytes:
    return line[:40] + f"... {len(line)} bytes, sha256 {sha256(line).hexdigest()}".encode()


def save_answer(name: str, answer: Answer) -> None:
    """Write Hadoop's abridged answer to the saved job `name`."""
    files = None
    if answer.files is not None:
        files = {file: [os.fsdecode(line) for line in lines] for file, lines in answer.files.items()}
    content = {"status": answer.status, "files": files, "counters": answer.counters}
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    (CASES / name / "hadoop.json").write_bytes(text.encode("utf-8", "backslashreplace"))


def load_answer(name: str) -> Answer | None:
    """Read Hadoop's abridged answer to the saved job `name`; None if it was never recorded."""
    path = CASES / name / "hadoop.json"
    if not path.exists():
        return None
    content = json.loads(path.read_bytes())
    files = None
    if content["files"] is not None:
        files = {file: [os.fsencode(line) for line in lines] for file, lines in content["files"].items()}
    return Answer(content["status"], files, content["counters"])
