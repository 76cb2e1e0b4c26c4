"""The unit's store, as commands open it beside a unit that may be running.

The rule to know: who only looks makes none, for an empty one in a wrong place looks like no plates.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from appliance.config import load_config
from appliance.errors import StoreError
from appliance.store.database import DATABASE, Database


def store_path(asked: argparse.Namespace) -> Path:
    """Where the configuration that is asked for has it."""
    return load_config(asked.config).store.folder / DATABASE


def is_there(path: Path) -> bool:
    """Whether there is a store; StoreError where nobody lets us look."""
    try:
        return path.is_file()
    except OSError as fault:
        raise StoreError(f"{path}: cannot be looked at: {fault.strerror}") from fault


@contextmanager
def opened_store(asked: argparse.Namespace) -> Iterator[Database]:
    """The store that is there.

    Raises:
        StoreError: there is none, or it cannot be opened.
    """
    path = store_path(asked)
    if not is_there(path):
        made = "the unit makes it, or `gatepost lists add` or `import`; or name another --config"
        raise StoreError(f"{path}: no such store: {made}")
    with closing(Database(path)) as database:
        yield database
