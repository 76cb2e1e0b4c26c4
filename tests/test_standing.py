"""The lists as the lane sees them: whole, new when they changed, the same whichever way."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from appliance.errors import StoreError
from appliance.respond.entries import Entry
from appliance.respond.listfile import format_csv, parse_csv
from appliance.respond.lists import ListCommand, parse_command
from appliance.standing import StandingLists, carry_out, load_entries
from appliance.store.database import Database
from appliance.store.lists import ListStore

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
ADD = ListCommand("allowed", "add", (Entry("AB12CDE", "Anna"),))
REMOVE = ListCommand("allowed", "remove", (Entry("AB12CDE"),))


@pytest.fixture
def store(tmp_path: Path) -> ListStore:
    """On a new file."""
    return ListStore(Database(tmp_path / "gatepost.db"))


def _is_allowed(standing: StandingLists, plate: str = "AB12CDE") -> bool:
    match = standing.lists.match(plate, NOW, "approaching")
    return match is not None and match.list == "allowed"


def test_what_stands_at_the_start_counts_at_once(store: ListStore) -> None:
    """A restart needs no refresh."""
    carry_out(ADD, store)
    assert _is_allowed(StandingLists(store, 0.0))


def test_a_change_is_noticed_once(store: ListStore, tmp_path: Path) -> None:
    """By another process too; what the lane held before stays as it was."""
    standing = StandingLists(store, 0.0)
    before = standing.lists
    assert not standing.refresh()
    assert standing.lists is before
    carry_out(ADD, ListStore(Database(tmp_path / "gatepost.db")))
    assert standing.refresh()
    assert not standing.refresh()
    assert _is_allowed(standing)
    assert before.match("AB12CDE", NOW, "approaching") is None


def test_a_removed_plate_is_gone(store: ListStore) -> None:
    """From the next look on."""
    carry_out(ADD, store)
    standing = StandingLists(store, 0.0)
    assert carry_out(REMOVE, store)
    assert not carry_out(REMOVE, store)
    standing.refresh()
    assert not _is_allowed(standing)


def test_near_plates_are_found_after_a_change_too(store: ListStore) -> None:
    """The distance is the unit's, whatever the lists."""
    standing = StandingLists(store, 1.0)
    carry_out(ADD, store)
    standing.refresh()
    assert _is_allowed(standing, "A812CDE")


def test_mqtt_command_and_file_give_the_same_state(tmp_path: Path) -> None:
    """Version, length and checksum."""
    csv = format_csv([Entry("AB12CDE", "Anna")]).encode()
    commands = [
        parse_command("allowed/add", b'{"label": "Anna", "plate": "ab 12 cde"}'),
        parse_command("allowed/set", b'[{"plate": "AB12-CDE", "label": " Anna "}]'),
        ListCommand("allowed", "set", parse_csv(csv)),
        ADD,
    ]
    states = set()
    for number, command in enumerate(commands):
        store = ListStore(Database(tmp_path / f"{number}.db"))
        assert carry_out(command, store)
        states.add(store.state("allowed"))
    assert len(states) == 1


def test_entries_come_back_as_they_went(store: ListStore) -> None:
    """All lists, each in the order of its plates."""
    entries = parse_csv(b"plate,label,times,valid_until\nB2,x,mon 08:00-09:00,2026-12-31\nA1,,,\n")
    carry_out(ListCommand("watched", "set", entries), store)
    assert load_entries(store) == {"denied": (), "allowed": (), "watched": entries}


def test_a_damaged_entry_is_named_without_its_plate(store: ListStore) -> None:
    """The process ends, and the gate rests closed."""
    store.add("allowed", "SECRET1", '{"plate":"SECRET1","unheard":"of"}')
    with pytest.raises(StoreError, match="lists in the store are damaged") as caught:
        StandingLists(store, 0.0)
    assert "SECRET1" not in str(caught.value)
