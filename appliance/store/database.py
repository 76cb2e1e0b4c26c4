"""The one SQLite file: opening it, its schema and its transactions.

The rule to know: what `transaction` has left is on the card, also when the power goes in the next
instant.  Each loop opens a `Database` of its own on the same file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from appliance.errors import DamagedError, FullError, StoreError

SESSION = uuid4().hex  # of this process; monotonic times written by another one mean nothing here
FAULTS = {
    # by its words: Python has the codes of SQLite only from 3.11 on
    "database or disk is full": FullError,
    "disk I/O error": FullError,  # also for a quota and a limit of the file's size
    "file is not a database": DamagedError,
    "database disk image is malformed": DamagedError,
}
DATABASE = "passages.sqlite"  # in the folder of the store
PAGE = 1024
"""Bytes: a passage changes some 30 pages, each of which is written whole, twice.  With SQLite's
usual 4,096 it cost the card 108 kB instead of 46 (`tools/campaign card`)."""
BUSY_S = 10.0  # retention deletes in small parts, so that nobody waits this long

PRAGMAS = (
    "PRAGMA synchronous = FULL",  # NORMAL loses the last commits of a WAL at a power cut
    "PRAGMA foreign_keys = ON",
    # a log that is short is soon written in place: one that grows costs the file system's journal
    "PRAGMA wal_autocheckpoint = 100",
    "PRAGMA secure_delete = ON",  # forgotten plates are overwritten, not only unlinked
)

VERSION = (
    1  # raised only by a change that an older release cannot read: it must survive a fall-back
)
SCHEMA = (
    # AUTOINCREMENT keeps its counter in a table, so that `seq` goes on when every row is deleted
    """CREATE TABLE passages (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        uuid TEXT NOT NULL UNIQUE,
        epoch_ms INTEGER NOT NULL,
        kept_from_ms INTEGER NOT NULL,
        written_by TEXT NOT NULL,
        body TEXT NOT NULL)""",
    "CREATE INDEX passages_by_age ON passages (kept_from_ms)",
    """CREATE TABLE outbox (
        seq INTEGER PRIMARY KEY REFERENCES passages (seq) ON DELETE CASCADE,
        hit INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        session TEXT NOT NULL,
        fresh_until REAL)""",
    "CREATE INDEX outbox_by_worth ON outbox (hit, seq)",
    "CREATE INDEX outbox_by_freshness ON outbox (session, fresh_until)",
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "INSERT INTO counters VALUES ('outbox_bytes', 0), ('outbox_dropped', 0)",
    """CREATE TRIGGER outbox_grows AFTER INSERT ON outbox BEGIN
        UPDATE counters SET value = value + NEW.bytes WHERE name = 'outbox_bytes'; END""",
    """CREATE TRIGGER outbox_shrinks AFTER DELETE ON outbox BEGIN
        UPDATE counters SET value = value - OLD.bytes WHERE name = 'outbox_bytes'; END""",
    f"PRAGMA user_version = {VERSION}",
)
ADDITIONS = (
    # tables that came later and that an older release does not miss: made where they are missing
    """CREATE TABLE IF NOT EXISTS lists (
        name TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        count INTEGER NOT NULL,
        sha256 TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS list_entries (
        list TEXT NOT NULL,
        plate TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (list, plate)) WITHOUT ROWID""",
    # told while the vehicle is still in sight; `record` puts the passage in its place
    """CREATE TABLE IF NOT EXISTS early (
        uuid TEXT PRIMARY KEY,
        epoch_ms INTEGER NOT NULL,
        kept_from_ms INTEGER NOT NULL,
        hit INTEGER NOT NULL,
        session TEXT NOT NULL,
        fresh_until REAL NOT NULL,
        body TEXT NOT NULL) WITHOUT ROWID""",
    # the plate of the newest passage as a JPEG: one row at most, and gone with its passage
    """CREATE TABLE IF NOT EXISTS crops (
        seq INTEGER PRIMARY KEY REFERENCES passages (seq) ON DELETE CASCADE,
        jpeg BLOB NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS moves (
        seq INTEGER PRIMARY KEY,
        uuid TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        kept_from_ms INTEGER NOT NULL,
        way TEXT NOT NULL,
        plate TEXT NOT NULL,
        list TEXT NOT NULL,
        is_dated INTEGER NOT NULL,
        fate TEXT NOT NULL,
        partner INTEGER NOT NULL,
        alerted INTEGER NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS moves_by_age ON moves (kept_from_ms)",
    "CREATE INDEX IF NOT EXISTS moves_by_time ON moves (at_ms, uuid)",
    "CREATE INDEX IF NOT EXISTS moves_by_fate ON moves (fate)",
    """CREATE TABLE IF NOT EXISTS traffic (
        begins_ms INTEGER NOT NULL,
        hour TEXT NOT NULL,
        direction TEXT NOT NULL,
        region TEXT NOT NULL,
        vehicles INTEGER NOT NULL,
        PRIMARY KEY (begins_ms, direction, region)) WITHOUT ROWID""",
    "INSERT OR IGNORE INTO counters VALUES ('yard_seq', 0), ('visits_forgotten', 0)",
    # names the file, drawn once: `seq` is only comparable within one
    "INSERT OR IGNORE INTO counters VALUES ('store', 1 + abs(random() % 4294967295))",
    """CREATE TABLE IF NOT EXISTS posts (
        seq INTEGER PRIMARY KEY REFERENCES passages (seq) ON DELETE CASCADE,
        hit INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        session TEXT NOT NULL,
        fresh_until REAL,
        refusals INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX IF NOT EXISTS posts_by_worth ON posts (hit, seq)",
    "CREATE INDEX IF NOT EXISTS posts_by_refusals ON posts (refusals)",
    "INSERT OR IGNORE INTO counters VALUES ('posts_bytes', 0), ('posts_dropped', 0)",
    """CREATE TRIGGER IF NOT EXISTS posts_grow AFTER INSERT ON posts BEGIN
        UPDATE counters SET value = value + NEW.bytes WHERE name = 'posts_bytes'; END""",
    """CREATE TRIGGER IF NOT EXISTS posts_shrink AFTER DELETE ON posts BEGIN
        UPDATE counters SET value = value - OLD.bytes WHERE name = 'posts_bytes'; END""",
)

Row = tuple[Any, ...]


class Database:
    """One loop's connection to the file, which is created (0600, folder 0700) where it is missing.

    Only one thread at a time may use it.

    Raises:
        StoreError: the file cannot be opened, read or written; every method raises it, as FullError
            where it may be written later, and as DamagedError where it is no database any more.
    """

    def __init__(self, path: Path) -> None:
        """Open or create the file at `path`."""
        self.path = path
        with self._naming_the_file():
            _create(path)
            self._connection = sqlite3.connect(
                path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
            )
            self._set_up()

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Every row that one statement gives."""
        with self._naming_the_file():
            return self._connection.execute(sql, values).fetchall()

    def change(self, sql: str, values: Sequence[object] = ()) -> int:
        """Carry out one statement that inserts, updates or deletes; gives the rows it touched."""
        with self._naming_the_file():
            return self._connection.execute(sql, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements inside happen, durably, or none of them does."""
        with self._naming_the_file(), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield

    def empty_log(self) -> None:
        """Move the write-ahead log into the file and cut it off: it still holds what was deleted.

        Another connection that is reading just then may prevent it; the next call makes it good.
        """
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _set_up(self) -> None:
        self._connection.execute(f"PRAGMA page_size = {PAGE}")  # of a new file
        mode = self.rows("PRAGMA journal_mode = WAL")[0][0]
        if mode != "wal":
            raise StoreError(f"{self.path}: journal mode is {mode}, expected wal: a network disk?")
        for pragma in PRAGMAS:
            self._connection.execute(pragma)
        with self.transaction():
            self._bring_up_to_date()

    def _bring_up_to_date(self) -> None:
        version = self.rows("PRAGMA user_version")[0][0]
        if version > VERSION:
            raise StoreError(f"{self.path}: schema {version}, expected at most {VERSION}: newer")
        for statement in (*(SCHEMA if version == 0 else ()), *ADDITIONS):
            self._connection.execute(statement)

    @contextmanager
    def _naming_the_file(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as fault:
            raise FAULTS.get(str(fault), StoreError)(f"{self.path}: {fault}") from fault
        except OSError as fault:
            raise StoreError(f"{self.path}: {fault.strerror or fault}") from fault


def schema_of(path: Path) -> int:
    """The schema of a file, without changing anything; 0 where there is none.

    Raises:
        StoreError: it cannot be read, or is no database.
    """
    if not path.exists():
        return 0
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", timeout=BUSY_S, uri=True)
        try:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.Error as fault:
        raise FAULTS.get(str(fault), StoreError)(f"{path}: {fault}") from fault


def count_from(database: Database, seq: int) -> None:
    """Let the first passage of an empty file be the one behind `seq`."""
    with database.transaction():
        database.change("INSERT INTO sqlite_sequence VALUES ('passages', ?)", (seq,))


def make_folder(folder: Path) -> None:
    """Make the folder of a store, for its owner only; OSError where it cannot be."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError as fault:
        words = "a file lies there, expected a folder"
        raise NotADirectoryError(fault.errno, words) from fault


def _create(path: Path) -> None:
    """Make the file so that only its owner reads it, and its name durable.

    One that is there is not opened: closing it would let go of the locks of this process's other
    connections, and the next process to leave would delete the log under them.
    """
    make_folder(path.parent)
    if path.is_dir():
        raise IsADirectoryError("is a directory, expected a file")
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
