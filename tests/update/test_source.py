"""A stick that somebody else has filled: pipes, devices, folders."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.errors import SourceError
from appliance.update.source import FolderSource


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_plain_file_is_not_waited_for(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    """Nobody ever writes into the pipe; the fault names it."""
    path = tmp_path / "manifest.signed"
    make(path)
    with pytest.raises(SourceError, match=f"{path}: is a folder or a device, expected a file"):
        FolderSource(tmp_path).read("manifest.signed", 100)
    with pytest.raises(SourceError, match="expected a file"):
        list(FolderSource(tmp_path).parts("manifest.signed", 0))


def test_a_link_to_a_device_is_not_read(tmp_path: Path) -> None:
    """Which may have no end, or wait for a person to type."""
    (tmp_path / "manifest.signed").symlink_to("/dev/zero")
    with pytest.raises(SourceError, match="expected a file"):
        FolderSource(tmp_path).read("manifest.signed", 100)


def test_a_stick_that_cannot_be_looked_at_is_told() -> None:
    """As one that a desktop mounts below its user's own folder: whatever the system says."""
    with pytest.raises(SourceError, match="x: File name too long"):
        FolderSource(Path("x" * 300))
