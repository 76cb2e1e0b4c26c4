"""Files that a command reads and writes; a path of `-` is stdin."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from appliance.errors import GatepostError, ListFileError

STANDARD = Path("-")


def read_file(path: Path) -> bytes:
    """All of a file; ListFileError says why it cannot be read."""
    try:
        return sys.stdin.buffer.read() if path == STANDARD else path.read_bytes()
    except OSError as fault:
        raise ListFileError(f"{path}: cannot be read: {fault.strerror}") from fault


def write_file(path: Path, text: str) -> None:
    """Put `text` in a file that only its owner reads, whole and durably, or leave it as it was.

    Raises:
        GatepostError: it cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        _write_durably(beside, text.encode())
        beside.replace(path)
        _sync_folder(path.parent)
    except OSError as fault:
        with suppress(OSError):  # what could not be made cannot be taken away
            beside.unlink()
        raise GatepostError(f"{path}: cannot be written: {fault.strerror}") from fault


def _write_durably(path: Path, content: bytes) -> None:
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(number, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)
