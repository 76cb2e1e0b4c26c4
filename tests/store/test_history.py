"""Passages that go out once more: bounded, never fresh, and in nobody's way."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.decision import Decision
from appliance.store import history as history_module
from appliance.store.database import Database
from appliance.store.history import History, Stretch
from appliance.store.outbox import Outbox
from appliance.store.passages import Passages
from tests.conftest import numbered

BODY = '{"filling": "' + "x" * 85 + '"}'  # 100 bytes


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """Ten passages; the broker has had all but the last two."""
    made = Database(tmp_path / "gatepost.db")
    passages = Passages(made, 10**6)
    for number in range(1, 11):
        passages.record(numbered(number), BODY, 1e12)
    Outbox(made).acknowledge(range(1, 9))
    return made


def test_a_stretch_waits_again(database: Database) -> None:
    """From its beginning, once each; what waits already is left as it is."""
    assert History(database, 10**6).send_again(7) == Stretch(4, 7, 10, rest=False)
    waiting = Outbox(database).pending(0, 20)
    assert [message.seq for message in waiting] == [7, 8, 9, 10]
    assert [message.fresh_until for message in waiting] == [None, None, 1e12, 1e12]


def test_what_was_forgotten_is_left_out(database: Database) -> None:
    """The stretch begins where the history does."""
    database.change("DELETE FROM passages WHERE seq < 5")
    assert History(database, 10**6).send_again(1) == Stretch(6, 5, 10, rest=False)


def test_one_command_sends_so_many(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says that there are more."""
    monkeypatch.setattr(history_module, "MOST_AGAIN", 3)
    history = History(database, 10**6)
    assert history.send_again(1) == Stretch(3, 1, 3, rest=True)
    assert history.send_again(8) == Stretch(3, 8, 10, rest=False)


def test_half_of_the_room_is_left(database: Database) -> None:
    """1,000 bytes, 200 of which are taken: 400 may be filled."""
    history = History(database, 1000)
    assert history.send_again(1) == Stretch(4, 1, 4, rest=True)
    assert History(database, 700).send_again(5) == Stretch(0, 0, 0, rest=True)
    assert Outbox(database).waiting() == 6


def test_they_are_the_first_to_give_way(database: Database) -> None:
    """Before anything that the broker has not had."""
    history = History(database, 1000)
    history.send_again(1)
    open_ = Decision("allowed", "open", "")
    for number in range(11, 16):
        Passages(database, 1000).record(numbered(number, decision=open_), BODY, None)
    waiting = [message.seq for message in Outbox(database).pending(0, 20)]
    assert waiting == [2, 3, 4, 9, 10, 11, 12, 13, 14, 15]
