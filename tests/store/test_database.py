"""The file: who may read it, what survives, what its faults say."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.errors import StoreError
from appliance.store.database import VERSION, Database


def test_only_the_owner_reads_it(tmp_path: Path) -> None:
    """Folder 0700 and every file in it 0600, for it holds plates."""
    database = Database(tmp_path / "new" / "gatepost.db")
    with database.transaction():
        database.change("UPDATE counters SET value = 1")
    folder = tmp_path / "new"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert modes == {"gatepost.db": 0o600, "gatepost.db-wal": 0o600, "gatepost.db-shm": 0o600}


def test_every_connection_is_durable(tmp_path: Path) -> None:
    """The pragmas that a power cut asks for hold on the second connection as well."""
    Database(tmp_path / "gatepost.db")
    second = Database(tmp_path / "gatepost.db")
    found = {
        name: second.rows(f"PRAGMA {name}")[0][0]
        for name in ("journal_mode", "synchronous", "secure_delete", "busy_timeout")
    }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "secure_delete": 1,
        "busy_timeout": 10_000,
    }


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    """An error inside leaves no trace of what came before it."""
    database = Database(tmp_path / "gatepost.db")

    def fail_half_way() -> None:
        with database.transaction():
            database.change("UPDATE counters SET value = 7")
            database.rows("SELECT * FROM nowhere")

    with pytest.raises(StoreError, match="no such table: nowhere"):
        fail_half_way()
    assert database.rows("SELECT name FROM counters WHERE value = 7") == []


def _folder(path: Path) -> None:
    path.mkdir()


def _no_database(path: Path) -> None:
    path.write_bytes(b"no database at all, but long enough for one" * 50)


def _newer(path: Path) -> None:
    Database(path).change(f"PRAGMA user_version = {VERSION + 1}")


def _under_a_file(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_text("")


@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        (_folder, "directory"),
        (_no_database, "not a database"),
        (_newer, f"schema {VERSION + 1}, expected at most {VERSION}"),
        (_under_a_file, "a file lies there, expected a folder|Not a directory"),
    ],
)
def test_a_fault_names_path_and_cause(
    tmp_path: Path, spoil: Callable[[Path], None], cause: str
) -> None:
    """A person reads which file it is and what is wrong with it."""
    path = tmp_path / "kept" / "gatepost.db"
    path.parent.mkdir()
    spoil(path)
    with pytest.raises(StoreError, match=cause) as caught:
        Database(path)
    assert str(path) in str(caught.value) or str(path.parent) in str(caught.value)


OTHER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
print(connection.execute("SELECT value FROM counters WHERE name = 'told'").fetchone()[0])
connection.close()
"""


def test_another_process_comes_and_goes_and_takes_no_log_along(tmp_path: Path) -> None:
    """Whatever the loops of the unit commit afterwards others see, and a power cut leaves."""
    path = tmp_path / "gatepost.db"
    loops = [Database(path) for _ in range(3)]
    seen = []
    for value, loop in enumerate(loops):
        loop.change("INSERT OR REPLACE INTO counters VALUES ('told', ?)", (value,))
        told = subprocess.run(
            [sys.executable, "-c", OTHER, str(path)], capture_output=True, check=True
        )
        seen.append(int(told.stdout))
    assert seen == [0, 1, 2]
