"""Pins of nothing for the process that holds the gate's line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.standin import FOLDER, Pins

PIN = 17


@pytest.fixture
def pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pins:
    """The stand-in for RPi.GPIO as if it were installed for child processes, and its notes."""
    monkeypatch.setenv("PYTHONPATH", f"{FOLDER}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setenv("STANDIN_PINS", str(tmp_path / "pins"))
    monkeypatch.setenv("LG_WD", str(tmp_path))
    return Pins(tmp_path / "pins", PIN)
