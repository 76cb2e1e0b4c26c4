"""The lists as the lane sees them: whole, new when they changed, the same whichever way."""

from __future__ import annotations

from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path

import pytest

from appliance.errors import ListError, StoreError
from appliance.respond.entries import Entry
from appliance.respond.listfile import format_json, parse_csv
from appliance.respond.lists import ListCommand
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
    assert carry_out(REMOVE, store) == Entry("AB12CDE", "Anna")
    with pytest.raises(ListError, match="does not stand on allowed"):
        carry_out(REMOVE, store)
    standing.refresh()
    assert not _is_allowed(standing)


def test_near_plates_are_found_after_a_change_too(store: ListStore) -> None:
    """The distance is the unit's, whatever the lists."""
    standing = StandingLists(store, 1.0)
    carry_out(ADD, store)
    standing.refresh()
    assert _is_allowed(standing, "A812CDE")


def test_entries_come_back_as_they_went(store: ListStore) -> None:
    """All lists, each in the order of its plates."""
    entries = parse_csv(b"plate,label,times,valid_until\nB2,x,mon 08:00-09:00,2026-12-31\nA1,,,\n")
    carry_out(ListCommand("watched", "set", entries), store)
    assert load_entries(store) == {"denied": (), "allowed": (), "watched": entries}


def test_what_a_later_release_wrote_takes_no_list_away(store: ListStore) -> None:
    """After a fall-back the other entries count, and the store keeps what it holds."""
    carry_out(ADD, store)
    later = '{"colour":"red","direction":"sideways","plate":"ZG1"}'
    for name in ("allowed", "denied"):
        store.add(name, "ZG1", later)
    standing, before = StandingLists(store, 0.0), store.state("allowed")
    assert _is_allowed(standing)
    entry = load_entries(store)["allowed"][1]
    assert entry == Entry("ZG1", rest='{"colour":"red","direction":"sideways"}')
    assert sha256(format_json(load_entries(store)["allowed"]).encode()).hexdigest() == before.sha256
    carry_out(ListCommand("allowed", "add", (Entry("B2"),)), store)
    assert later in store.bodies()["allowed"]


def test_what_is_not_understood_may_be_a_condition(store: ListStore) -> None:
    """So an allowed entry does not apply, and one that bars does."""
    store.add("allowed", "ZG1", '{"colour":"red","plate":"ZG1"}')
    store.add("denied", "ZG2", '{"colour":"red","plate":"ZG2"}')
    lists = StandingLists(store, 0.0).lists
    allowed, denied = (lists.match(plate, NOW, "approaching") for plate in ("ZG1", "ZG2"))
    assert allowed is not None
    assert (allowed.applies, allowed.reason) == (False, "says what only a later release knows")
    assert denied is not None
    assert denied.applies


@pytest.mark.parametrize("body", ['{"plate":"SECRET1?"}', '{"label":"SECRET1"}', "SECRET1", "[1]"])
def test_a_damaged_entry_is_named_without_its_plate(store: ListStore, body: str) -> None:
    """The process ends, and the gate rests closed."""
    store.add("allowed", "SECRET1", body)
    with pytest.raises(StoreError, match="lists in the store are damaged") as caught:
        StandingLists(store, 0.0)
    assert "SECRET1" not in str(caught.value)
