"""Room that is kept free for a start on a full disk: a file that gives way to the database.

The rule to know: SQLite needs a few pages for its log even to open a file.  Without them the unit
would not come up, and the gate would stay shut, because of somebody else's files.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from appliance.errors import FullError

NAME = "reserve"
SIZE = 1_000_000
"""Bytes: the log's index, 32 kB, and some hundreds of passages."""

Opened = TypeVar("Opened")

log = logging.getLogger(__name__)


def is_held(folder: Path) -> bool:
    """Whether the reserve lies there; it is made anew where it is missing and there is room."""
    path = folder / NAME
    try:
        if path.exists():
            return True
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError:
        return False
    try:
        os.posix_fallocate(made, 0, SIZE)
    except OSError:
        path.unlink()
        return False
    finally:
        os.close(made)
    return True


def give_up(folder: Path) -> bool:
    """Let the database have the room; gives whether there was any."""
    try:
        (folder / NAME).unlink()
    except OSError:
        return False
    log.warning("%s: the disk is full: the reserve is given up", folder)
    return True


def giving_way(folder: Path, opening: Callable[[], Opened]) -> Opened:
    """Do what a start needs; where the disk is full, once more without the reserve.

    Raises:
        StoreError: the reserve was not enough or is not there, or it is another fault.
    """
    try:
        return opening()
    except FullError:
        if not give_up(folder):
            raise
        return opening()
