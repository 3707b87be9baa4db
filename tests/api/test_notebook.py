"""A notebook, run by a kernel of its own (streamtools.api.notebook)."""

import os
import signal
import threading
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parent / "notebooks" / "words.ipynb"


def interrupt_kernel(pipe: Path) -> None:
    """Do what the stop button does, when a task says whose kernel it is."""
    os.killpg(int(pipe.read_text()), signal.SIGINT)


def output(cell, kind, key):
    """Return what a cell shows in this way."""
    found = [each for each in cell.outputs if each.output_type == kind]
    return "\n".join("".join(each.data[key] if kind != "stream" else each[key]) for each in found)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_notebook(tmp_path, monkeypatch):
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setenv("TMPDIR", str(work))
    folder = tmp_path / "folder"
    folder.mkdir()
    os.mkfifo(folder / "interrupt")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    threading.Thread(target=interrupt_kernel, args=(folder / "interrupt",), daemon=True).start()
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(folder)}}).execute()
    _, again, run, look, progress, failure, interrupted, after = [
        cell for cell in notebook.cells if cell.cell_type == "code"
    ]
    assert again.outputs == []
    assert output(run, "stream", "text").count("yield what belongs there") == 1
    assert output(run, "stream", "text").count("seen to be") == 1
    assert output(run, "execute_result", "text/html").startswith("<iframe")
    assert output(run, "execute_result", "text/plain") == "<Result of job: pairs of str and int in 2 part files>"
    pairs = "[('be', 2), ('not', 1), ('or', 1), ('sites', 1), ('to', 2)]"
    assert output(look, "execute_result", "text/plain") == f"({pairs}, 2)"
    bars = output(progress, "display_data", "text/html")
    assert "map" in bars and "1 of 1 reduces done" in bars
    assert output(progress, "execute_result", "text/plain") == "['sites\\t1']"
    (error,) = (each for each in failure.outputs if each.output_type == "error")
    assert error.ename == "JobFailed" and error.evalue.endswith("ZeroDivisionError: division by zero")
    assert "text.txt:1: failed at 'to be or not to be'" in error.evalue and "yield line, 1 / 0" in error.evalue
    assert sum("File" in frame for frame in error.traceback) == 1 + 1  # the call of run, and the user's in the message
    assert [each.ename for each in interrupted.outputs if each.output_type == "error"] == ["KeyboardInterrupt"]
    left = "([], ['interrupt', 'out', 'sites.txt', 'text.txt'], '')"
    assert output(after, "execute_result", "text/plain") == left
