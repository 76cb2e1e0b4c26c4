"""One process a store: two would send the same outbox and answer to the same name."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from appliance.errors import StoreError
from appliance.store.database import make_folder


@contextmanager
def sole_user(folder: Path) -> Iterator[None]:
    """Hold the store in `folder` for this process; the kernel lets go however it ends.

    Raises:
        StoreError: another process holds it, or the folder cannot be made.
    """
    file = _locked(folder)
    try:
        yield
    finally:
        file.close()


def _locked(folder: Path) -> TextIO:
    try:
        make_folder(folder)
        file = (folder / "lock").open("w")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as fault:
        file.close()
        raise StoreError(f"{folder}: in use by another gatepost, stop that first") from fault
    except OSError as fault:
        raise StoreError(f"{folder}: cannot be used as a store: {fault.strerror}") from fault
    return file
