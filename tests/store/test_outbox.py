"""What waits for the broker."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.store.database import Database
from appliance.store.outbox import Outbox
from appliance.store.passages import Passages
from tests.conftest import numbered


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    """Ten passages wait; number n may go out as live until n monotonic seconds, 1 to 5 never."""
    path = tmp_path / "gatepost.db"
    passages = Passages(Database(path), 1_000_000)
    for number in range(1, 11):
        passages.record(numbered(number), "{}", float(number) if number > 5 else None)
    return Outbox(Database(path))


def test_pending_goes_from_old_to_new(outbox: Outbox) -> None:
    """Behind a seq, at most as many as asked for."""
    assert [message.seq for message in outbox.pending(0, 3)] == [1, 2, 3]
    assert [message.seq for message in outbox.pending(7, 99)] == [8, 9, 10]


def test_only_the_acknowledged_leave(outbox: Outbox) -> None:
    """In any order; one that is gone already, or never was, is no fault."""
    outbox.acknowledge([4, 1])
    outbox.acknowledge([1, 77])
    outbox.acknowledge([])
    assert [message.seq for message in outbox.pending(0, 4)] == [2, 3, 5, 6]
    assert (outbox.waiting(), outbox.dropped()) == (8, 0)


def test_fresh_ones_are_those_before_their_time(outbox: Outbox) -> None:
    """At 7.0 s the one that was fresh until 7 is late; those already shown are left out."""
    assert [message.seq for message in outbox.fresh(0, 7.0, 99)] == [8, 9, 10]
    assert [message.seq for message in outbox.fresh(8, 7.0, 1)] == [9]


def test_newest_is_the_latest_whether_it_waits_or_not(outbox: Outbox) -> None:
    """A broker that forgot, or Home Assistant after its start, is told of it again."""
    waiting = outbox.newest()
    assert waiting is not None
    assert (waiting.seq, waiting.fresh_until) == (10, 10.0)
    outbox.acknowledge([10])
    sent = outbox.newest()
    assert sent is not None
    assert (sent.seq, sent.body, sent.fresh_until) == (10, "{}", None)
