"""A unit starts on a full disk: a file of its own gives way to the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from appliance.errors import FullError
from appliance.store import reserve
from appliance.store.damage import sound_or_new
from appliance.store.database import Database
from appliance.store.passages import Passages
from tests.conftest import numbered
from tools.faults.disk import Disk

ROOM = 10**8


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system of 4 MB."""
    disk = Disk(tmp_path / "small", 4)
    if not disk.small:
        pytest.skip("nobody lets us mount a small file system")
    yield disk
    disk.close()


def test_a_unit_starts_on_a_full_disk(disk: Disk) -> None:
    """After it was ended in good order, which takes SQLite's log away; nothing recorded is lost."""
    path = disk.folder / "passages.sqlite"
    with closing(Database(path)) as database:
        assert reserve.is_held(disk.folder)
        Passages(database, ROOM).record(numbered(1), "{}", None)
    disk.fill()
    with pytest.raises(FullError):
        Database(path)
    assert sound_or_new(path) is None
    passages = Passages(Database(path), ROOM)
    assert [message.seq for message in passages.recent(9)] == [1]
    assert passages.record(numbered(2), "{}", None) == 2
    assert not reserve.is_held(disk.folder)
    disk.free()
    assert reserve.is_held(disk.folder)
    assert (disk.folder / reserve.NAME).stat().st_blocks * 512 >= reserve.SIZE


def test_a_disk_that_fills_while_a_unit_starts_does_not_end_it(disk: Disk) -> None:
    """Looked through in time, but the log went with that; each loop opens its file later."""
    path = disk.folder / "passages.sqlite"
    Database(path).close()
    assert reserve.is_held(disk.folder)
    assert sound_or_new(path) is None
    disk.fill()
    with pytest.raises(FullError):
        Database(path)
    with closing(reserve.giving_way(disk.folder, partial(Database, path))) as database:
        assert Passages(database, ROOM).record(numbered(1), "{}", None) == 1
    assert not reserve.is_held(disk.folder)


def test_without_a_reserve_the_fault_is_the_disks(disk: Disk) -> None:
    """It is said as before, and no half a file is left behind."""
    path = disk.folder / "passages.sqlite"
    Database(path).close()
    disk.fill()
    assert not reserve.is_held(disk.folder)
    assert not (disk.folder / reserve.NAME).exists()
    with pytest.raises(FullError):
        sound_or_new(path)


def test_where_nothing_may_be_written_there_is_none(tmp_path: Path) -> None:
    """Nor is that an error."""
    assert not reserve.is_held(tmp_path / "nowhere")
    assert not reserve.give_up(tmp_path)
