"""`hit` says that a watched plate is there now, once, and never of one that has left."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.decision import Decision
from tests.conftest import numbered
from tests.test_pipeline_send import FOR_EVER, TOPICS, FakeBench

WATCHED = Decision("watched", "alert", "")


@pytest.fixture
def bench(tmp_path: Path) -> FakeBench:
    """With a broker that the test plays."""
    return FakeBench(tmp_path)


def hits(bench: FakeBench) -> int:
    """How many went out; each is live, and expires with the passage beside it."""
    found = [each for each in bench.link.history if each.topic == TOPICS.hit]
    assert {(each.payload, each.retained, each.expiry_s) for each in found} <= {("ON", False, 30)}
    return len(found)


@pytest.mark.parametrize(
    ("decision", "fresh_s", "expected"),
    [
        (WATCHED, FOR_EVER, 1),
        (WATCHED, None, 0),
        (WATCHED, -0.001, 0),
        (Decision("denied", "alert", ""), FOR_EVER, 0),
        (Decision("allowed", "open", ""), FOR_EVER, 0),
        (Decision("unknown", "ignore", ""), FOR_EVER, 0),
    ],
)
def test_only_who_is_watched_and_there_now_is_a_hit(
    bench: FakeBench, decision: Decision, fresh_s: float | None, expected: int
) -> None:
    """A late passage is for the records, whoever it was."""
    bench.record_one(numbered(1, decision=decision), fresh_s)
    bench.turns(3)
    assert hits(bench) == expected


def test_a_passage_that_was_told_early_is_one_hit(bench: FakeBench) -> None:
    """At once, and not again with its record, nor on the next connection."""
    bench.tell_early(1, FOR_EVER, decision=WATCHED)
    bench.turns(2)
    assert hits(bench) == 1
    bench.record_one(numbered(1, decision=WATCHED), FOR_EVER)
    bench.turns(2)
    bench.link.lose()
    bench.link.connect()
    bench.turns(2)
    assert hits(bench) == 1


def test_who_turns_out_to_be_watched_is_a_hit_then(bench: FakeBench) -> None:
    """Early it read as another plate; `passage` is not said twice, this is."""
    bench.tell_early(1, FOR_EVER)
    bench.turns(2)
    assert hits(bench) == 0
    bench.record_one(numbered(1, decision=WATCHED), FOR_EVER)
    bench.turns(2)
    assert hits(bench) == 1
    assert len(bench.sent("last", "log", "hit")) == 1
