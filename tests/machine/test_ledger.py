"""What counts as lost: a passage that was on the card, or at the broker, and is gone."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tools.machine.card import DATA, PATHS, Card, run
from tools.machine.ledger import STORE, Ledger, passages

NEEDED = ("mkfs.ext4", "debugfs", "sfdisk")
SIZE = 8 << 20  # bytes of a data partition
TABLES = "CREATE TABLE passages (uuid TEXT); CREATE TABLE early (uuid TEXT);"


@pytest.fixture
def cards(tmp_path: Path) -> Callable[..., Card]:
    """Makes a card whose data partition has a store with these passages."""
    if not all(shutil.which(each, path=PATHS["PATH"]) for each in NEEDED):
        pytest.skip("no e2fsprogs or fdisk here")

    def made(*uuids: str) -> Card:
        folder, card = tmp_path / "data", Card(tmp_path / "card.img")
        store = folder / STORE.lstrip("/") / "passages.sqlite"
        store.parent.mkdir(parents=True, exist_ok=True)
        store.unlink(missing_ok=True)
        with closing(sqlite3.connect(store)) as database:
            database.executescript(TABLES)
            database.executemany("INSERT INTO passages VALUES (?)", [(each,) for each in uuids])
            database.commit()
        _partitioned(card, folder)
        return card

    return made


def _partitioned(card: Card, folder: Path) -> None:
    """Seven partitions, of which the last has an ext4 with the content of a folder."""
    with card.path.open("wb") as file:
        file.truncate(SIZE + (16 << 20))
    small = "size=1M\n" * (DATA - 1)
    run(["sfdisk", "-q", str(card.path)], f"label: gpt\n{small}size={SIZE >> 20}M\n".encode())
    part = card.path.with_name("part")
    run(["mkfs.ext4", "-q", "-F", "-d", str(folder), str(part), f"{SIZE >> 10}"])
    with card.path.open("r+b") as file:
        file.seek(card.spans()[DATA].begin)
        file.write(part.read_bytes())


def test_nothing_is_lost(cards: Callable[..., Card]) -> None:
    """What is there, and was before, is no fault; what the broker has heard is looked for too."""
    ledger = Ledger()
    assert ledger.look(cards("a", "b"), set(), "cut 1") == 2
    assert ledger.look(cards("a", "b", "c"), {"c"}, "cut 2") == 3
    assert ledger.faults == []


def test_a_lost_passage_is_told(cards: Callable[..., Card]) -> None:
    """One that was on the card at an earlier cut and one that the broker had are told by name."""
    ledger = Ledger()
    ledger.look(cards("a", "b"), set(), "cut 1")
    ledger.look(cards("a"), {"c"}, "cut 2")
    assert ledger.faults == [
        "cut 2: passage b was recorded before and is gone",
        "cut 2: passage c was told before and is gone",
    ]


def test_a_damaged_store_is_told(tmp_path: Path) -> None:
    """A file that SQLite cannot read is a fault, not an empty store."""
    store = tmp_path / "passages.sqlite"
    store.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    there, fault = passages(store)
    assert there == set()
    assert "passages.sqlite" in fault
