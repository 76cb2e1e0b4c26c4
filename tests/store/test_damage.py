"""A damaged file: set aside, loudly, and the unit goes on with a new one."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from appliance.errors import DamagedError, FullError
from appliance.store import reserve
from appliance.store.damage import sound_or_new
from appliance.store.database import Database
from appliance.store.lists import ListStore
from appliance.store.marks import Marks
from appliance.store.outbox import Outbox
from appliance.store.passages import Passages
from tests.conftest import numbered
from tools.faults.disk import Disk

ROOM = 10**9
PAGE_HELD = 1000  # bytes of a body in a page
ENTRY = '{"plate":"AB12CDE"}'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with passages and a list, closed in good order."""
    path = tmp_path / "gatepost.db"
    with closing(Database(path)) as database:
        ListStore(database).replace("allowed", {"AB12CDE": ENTRY})
        for number in range(200):
            Passages(database, ROOM).record(numbered(number), "x" * 2000, None)
    return path


def aside(path: Path) -> list[Path]:
    """What was set aside beside it, without its logs."""
    return sorted(path.parent.glob(f"{path.name}.damaged-*Z"))


def spoil(path: Path, begin: int, length: int) -> None:
    """Write nonsense over a part of the file."""
    with path.open("r+b") as file:
        file.seek(begin)
        file.write(b"\xa5" * length)


def spoil_last_pages(path: Path) -> None:
    """As a bad card does: pages of the history are no pages any more, the first ones are whole."""
    spoil(path, path.stat().st_size - 40 * 4096, 20 * 4096)


def spoil_largest(path: Path) -> None:
    """The body of the largest passage: what comes before it in the file is whole."""
    spoil(path, path.read_bytes().index(b"x" * PAGE_HELD), 100_000)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Disk]:
    """A file system of 16 MB."""
    disk = Disk(tmp_path / "small", 16)
    if not disk.small:
        pytest.skip("nobody lets us mount a small file system")
    yield disk
    disk.close()


def test_a_sound_file_is_left_as_it_is(path: Path) -> None:
    """Nothing is said and nothing lies beside it; nor does a file that is not there yet."""
    assert sound_or_new(path) is None
    assert sound_or_new(path.with_name("other.db")) is None
    assert Outbox(Database(path)).waiting() == 200
    assert aside(path) == []


@pytest.mark.parametrize("begin", [0, 20], ids=["no database", "impossible header"])
def test_what_is_no_database_is_set_aside(
    path: Path, begin: int, caplog: pytest.LogCaptureFixture
) -> None:
    """With its time in the name; a new one begins, the log and the state say so."""
    spoil(path, begin, 80)
    with caplog.at_level(logging.ERROR):
        told = sound_or_new(path)
    (kept,) = aside(path)
    assert re.fullmatch(r"gatepost\.db\.damaged-\d{8}T\d{6}Z", kept.name)
    assert told is not None
    assert kept.name in told
    assert kept.name in caplog.text
    assert Passages(Database(path), ROOM).record(numbered(1), "{}", None) == 1
    assert "begun behind seq 0" in caplog.text


def test_numbers_go_on_where_they_can_be_read(path: Path) -> None:
    """No number comes twice, and the file's new name tells whoever looks; a sound one keeps its."""
    with closing(Database(path)) as database:
        before = Marks(database).store
    sound_or_new(path)
    with closing(Database(path)) as database:
        assert Marks(database).store == before
        database.change("DELETE FROM passages WHERE seq > 150")  # forgotten: still were given
    spoil_last_pages(path)
    sound_or_new(path)
    assert len(aside(path)) == 1
    database = Database(path)
    assert Marks(database).store != before
    assert Passages(database, ROOM).record(numbered(1), "{}", None) == 201


def test_a_number_that_never_was_one_is_not_believed(path: Path) -> None:
    """Damage may have struck the counter itself."""
    with closing(Database(path)) as database:
        database.change("UPDATE sqlite_sequence SET seq = ?", (1 << 60,))
    spoil_last_pages(path)
    sound_or_new(path)
    seq = Passages(Database(path), ROOM).record(numbered(1), "{}", None)
    assert 1 <= seq <= 201


def test_damage_in_the_middle_is_found(path: Path) -> None:
    """Opening such a file works, and reading it fails only where the bad pages are."""
    spoil_last_pages(path)
    with pytest.raises(DamagedError, match="malformed"), closing(Database(path)) as database:
        database.rows("SELECT sum(length(body)) FROM passages")
    sound_or_new(path)
    assert len(aside(path)) == 1
    assert Passages(Database(path), ROOM).recent(9) == []


def test_a_list_that_is_whole_is_taken_along(path: Path) -> None:
    """Those who may come in still may, though the history is gone."""
    spoil_last_pages(path)
    sound_or_new(path)
    assert ListStore(Database(path)).bodies() == {"allowed": [ENTRY]}


def test_a_list_that_is_not_as_it_was_is_left_behind(path: Path) -> None:
    """An entry that nobody wrote must open no gate."""
    with closing(Database(path)) as database:
        database.change("""UPDATE list_entries SET body = '{"plate":"XX99XXX"}'""")
    spoil_last_pages(path)
    sound_or_new(path)
    assert ListStore(Database(path)).bodies() == {}


def test_it_is_told_until_it_is_gone(path: Path) -> None:
    """At each start, until a person or retention has deleted the file."""
    spoil(path, 0, 80)
    told = sound_or_new(path)
    assert told is not None
    assert sound_or_new(path) == told
    for each in path.parent.glob("*.damaged-*"):
        each.unlink()
    assert sound_or_new(path) is None


def test_it_is_forgotten_as_the_history_is(path: Path) -> None:
    """It holds plates; its last change is as young as its youngest passage."""
    spoil(path, 0, 80)
    sound_or_new(path)
    (kept,) = aside(path)
    written_s = time.time() - 3600
    os.utime(kept, (written_s, written_s))
    passages = Passages(Database(path), ROOM)
    passages.forget(round((written_s - 60) * 1000))
    assert aside(path) == [kept]
    passages.forget(round((written_s + 60) * 1000))
    assert aside(path) == []


def test_on_a_full_disk_too(small: Disk) -> None:
    """A list and the numbers wait where they are until there is room, however often it is tried."""
    path, entries = small.folder / "gatepost.db", {f"AB{n:05}": ENTRY for n in range(20_000)}
    with closing(Database(path)) as database:
        ListStore(database).replace("allowed", entries)
        assert Passages(database, ROOM).record(numbered(1), "x" * 900_000, None) == 1
    spoil_largest(path)
    assert reserve.is_held(small.folder)
    small.fill()
    for _ in range(2):
        with pytest.raises(FullError):
            sound_or_new(path)
    small.free()
    sound_or_new(path)
    database = Database(path)
    assert len(ListStore(database).bodies()["allowed"]) == 20_000
    assert Passages(database, ROOM).record(numbered(1), "{}", None) == 2
    assert sorted(each.name for each in small.folder.glob("*.new*")) == []


def test_a_start_that_was_cut_off_is_gone_on_with(path: Path) -> None:
    """The old file aside and the new one not yet in its place: the lists are in that."""
    new = path.with_name(f"{path.name}.new")
    path.rename(new)
    assert sound_or_new(path) is None
    assert ListStore(Database(path)).bodies() == {"allowed": [ENTRY]}
    assert not new.exists()
