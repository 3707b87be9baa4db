"""Paths of the checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / "bin"
SAMPLE = ROOT / "sample_data"
