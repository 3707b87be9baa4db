"""Make the pictures of the guide (`make pictures`): diagrams, a terminal session, a screenshot of a report."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import diagrams
import terminal_session
from places import BIN, ROOT, SAMPLE

PICTURES = ROOT / "streamtools" / "guide" / "pictures"
REPORT = "-input log.tsv -output out -mapper 'st-map fields -k 3' -reducer st-reduce -numReduceTasks 4"
WIDTH, HEIGHT = 1000, 1180  # of the screenshot, in pixels


def draw_all() -> dict[str, str]:
    """Return the diagrams by the names of their files."""
    return {"data-flow.svg": str(diagrams.draw_data_flow()), "splits.svg": str(diagrams.draw_splits())}


def record_session(folder: Path) -> str:
    """Return the picture of the first minutes; its commands run in the folder."""
    answers = terminal_session.record(terminal_session.COMMANDS, folder)
    return terminal_session.render(list(terminal_session.lay_out(answers)), "The first minutes with streamtools")


def photograph_report(folder: Path, picture: Path) -> None:
    """Run a job of some seconds in the folder, and make a picture of its report by a browser without a screen."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not browser:
        sys.exit("pictures: the screenshot needs a browser: apt-get install chromium")
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "XDG_STATE_HOME": str(folder)}
    generate = f"{sys.executable} {SAMPLE}/generate.py --rows 1_000_000 --users 100_000 -o log.tsv"
    job = f"st-run --quiet --report report.html --tasks 8x4 {REPORT}"
    subprocess.run(["bash", "-ec", f"{generate}; {job}"], cwd=folder, env=environment, check=True)
    report = folder / "report.html"
    report.write_text(report.read_text().replace(str(folder), "/data").replace(os.uname().nodename, "laptop"))
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}/profile"]
    size = f"--window-size={WIDTH},{HEIGHT}"
    subprocess.run([browser, *options, size, f"--screenshot={picture}", f"file://{report}"], check=True,
                   capture_output=True, timeout=60)  # fmt: skip


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for name, text in draw_all().items():
        (PICTURES / name).write_text(text)
    with tempfile.TemporaryDirectory() as directory:
        (PICTURES / "first-minutes.svg").write_text(record_session(Path(directory)))
    with tempfile.TemporaryDirectory() as directory:
        photograph_report(Path(directory), PICTURES / "report.png")
