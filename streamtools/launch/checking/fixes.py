"""--fix: what can safely be corrected in a script: line ends, byte order mark, `#!` line, execute permission."""

import os
import stat
from collections.abc import Iterator

from streamtools.files import open_output
from streamtools.java.words import split_command
from streamtools.job import Job
from streamtools.local.stages.program import first_line_for
from streamtools.records import write_all
from streamtools.scripts.commands import MARK
from streamtools.scripts.finding import Finding


def fix_scripts(job: Job) -> Iterator[Finding]:
    """Correct the scripts that a job runs by their names; yield what was changed, as remarks.

    Scripts on PATH and those that are not ours are left alone.
    """
    seen = set()
    for stage in (job.mapper, job.combiner, job.reducer if job.reduces else None):
        words = split_command(stage.text) if stage and stage.is_command else []
        if words and os.path.isfile(words[0]) and os.access(words[0], os.W_OK) and words[0] not in seen:
            seen.add(words[0])
            yield from (Finding(words[0], change, is_wrong=False) for change in fix_script(words[0]))


def fix_script(path: str) -> list[str]:
    """Correct a script in place; return what was changed, in words."""
    with open(path, "rb") as file:
        before = file.read()
    if b"\0" in before or not before:
        return []
    text, changes = before, []
    if text.startswith(MARK):
        text = text.removeprefix(MARK)
        changes.append("removed the byte order mark")
    if b"\r\n" in text:
        text = text.replace(b"\r\n", b"\n")
        changes.append("changed line ends from CR LF to LF")
    if not text.startswith(b"#!"):
        line = first_line_for(path)
        text = os.fsencode(f"{line}\n") + text
        changes.append(f"put {line} first")
    if text != before:
        with open_output(path) as file:
            write_all(text, file)
    mode = os.stat(path).st_mode
    if not mode & 0o111:
        os.chmod(path, stat.S_IMODE(mode) | 0o111)
        changes.append("made it executable")
    return changes
