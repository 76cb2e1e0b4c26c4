"""Payloads: every field of the contract, and freshness said truthfully."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.aim import Aim
from appliance.config import Unit
from appliance.decision import Decision, Match
from appliance.domain import Message
from appliance.transmit import last, messages
from appliance.transmit.state import Disk, ListAge, Stock, state
from tests.conftest import PASSAGE, VITALS

UNIT = Unit(id="7f3a9c21", camera="gate", site="home")
TOPICS = messages.Topics("7f3a9c21")
MESSAGE = Message(48211, PASSAGE.uuid, '{"plate":"AB12CDE"}', PASSAGE.epoch_ms, 12.0)


def test_an_indicative_speed_is_told_where_there_is_one() -> None:
    """In whole kilometres an hour; else there is no such field."""
    settled = replace(PASSAGE.settled, indicative_speed_kmh=28.8)
    body = json.loads(messages.passage_body(replace(PASSAGE, settled=settled), UNIT, "m"))
    assert body["indicative_speed_kmh"] == 29
    assert "indicative_speed_kmh" not in json.loads(messages.passage_body(PASSAGE, UNIT, "m"))


def test_the_body_has_every_field_of_the_contract() -> None:
    """Section 3 of the notes, less what is known only at sending."""
    assert json.loads(messages.passage_body(PASSAGE, UNIT, "det-3/ocr-7")) == {
        "v": 1,
        "uuid": "01JD3K7W6Y8ZB2Q4XN5T0V9M3C",
        "device": "7f3a9c21",
        "camera": "gate",
        "site": "home",
        "plate": "AB12CDE",
        "early_plate": None,
        "confidence": 0.967,
        "reads": 7,
        "frames": 9,
        "candidates": [
            {"plate": "AB12CDE", "confidence": 0.967},
            {"plate": "AB12CDF", "confidence": 0.021},
        ],
        "region": "gb",
        "region_confidence": 0.99,
        "format_ok": True,
        "time": "2026-11-21T01:20:30.123+00:00",
        "epoch_ms": 1795224030123,
        "clock": "ntp",
        "first_seen_ms": -1840,
        "direction": "approaching",
        "crossed": "none",
        "list": "unknown",
        "match": None,
        "decision": {"action": "ignore", "reason": "not on a list", "gate": None},
        "box": [812, 440, 1010, 492],
        "image_size": [1456, 1088],
        "px_per_char": 28,
        "night": False,
        "model": "det-3/ocr-7",
        "image_sha256": None,
    }


def test_a_match_and_what_the_gate_did_are_told() -> None:
    """Consumers see for whom it opened, how near the entry was, and that it did open."""
    match = Match("allowed", "AB12CDF", "Anna", 1.0, near=True, applies=True, reason="")
    decision = Decision("allowed", "open", "rule 1: allowed", match, "opened")
    passage = replace(PASSAGE, decision=decision)
    body = json.loads(messages.passage_body(passage, UNIT, "m"))
    assert body["list"] == "allowed"
    assert body["match"] == {"entry": "AB12CDF", "distance": 1.0, "label": "Anna"}
    assert body["decision"] == {"action": "open", "reason": "rule 1: allowed", "gate": "opened"}


def test_a_record_says_what_it_was_told_early_as() -> None:
    """Where that was another text; the early copy itself has nothing to say."""
    for changes, told in (
        ({"early_text": "AB12CDF"}, "AB12CDF"),
        ({"early_text": "AB12CDE"}, None),
        ({"early_text": "AB12CDF", "early": True}, None),
    ):
        settled = replace(PASSAGE.settled, **changes)  # type: ignore[arg-type]
        body = json.loads(messages.passage_body(replace(PASSAGE, settled=settled), UNIT, "m"))
        assert body["early_plate"] == told


@given(epoch_ms=st.integers(0, 4_102_444_800_000))
def test_time_is_the_very_millisecond(epoch_ms: int) -> None:
    """RFC 3339 with offset, never a millisecond beside `epoch_ms`."""
    body = json.loads(messages.passage_body(replace(PASSAGE, epoch_ms=epoch_ms), UNIT, "m"))
    parsed = datetime.fromisoformat(body["time"])
    assert round(parsed.timestamp() * 1000) == epoch_ms
    assert body["time"].endswith("+00:00")
    assert len(body["time"]) == len("2026-11-21T01:20:30.123+00:00")


@pytest.mark.parametrize(
    ("age_s", "expected"),
    [
        (None, {"plate": "AB12CDE", "seq": 48211, "late": False}),
        (0, {"plate": "AB12CDE", "seq": 48211, "late": True, "age_s": 0}),
        (3600, {"plate": "AB12CDE", "seq": 48211, "late": True, "age_s": 3600}),
    ],
)
def test_a_late_copy_says_so(age_s: int | None, expected: dict[str, object]) -> None:
    """An age, even of none, means late; a fresh copy has no age."""
    assert json.loads(messages.complete(MESSAGE, age_s)) == expected


def test_each_publication_obeys_the_table_of_topics() -> None:
    """Topic, retained, expiry and the row that is settled."""
    table = [
        (messages.availability(TOPICS, online=True), "availability", True, None, None),
        (messages.live(TOPICS, MESSAGE), "passage", False, 30, None),
        (messages.logged(TOPICS, MESSAGE, None), "log", False, None, 48211),
        (last.passage(TOPICS, MESSAGE, None, 7200), "last", True, 7200, None),
        (state(TOPICS, VITALS, Stock()), "state", True, None, None),
    ]
    for publication, topic, is_retained, expiry_s, seq in table:
        assert publication.topic == f"gatepost/7f3a9c21/{topic}"
        assert publication.retained is is_retained
        assert (publication.expiry_s, publication.seq) == (expiry_s, seq)


def test_a_passage_names_the_file_that_counts_it() -> None:
    """Where that is known: a number means nothing without it.  The body itself is any file's."""
    named = json.loads(messages.complete(replace(MESSAGE, store="9f21c004"), None))
    assert named["store"] == "9f21c004"
    assert "store" not in json.loads(messages.complete(MESSAGE, None))
    assert "store" not in json.loads(MESSAGE.body)


def test_state_has_what_home_assistant_reads() -> None:
    """The keys of the notes' example, which the discovery document's templates use, and more."""
    lists = {"allowed": ListAge(2, 1.5)}
    stock = Stock(3, 1, 4, Disk(20_100, 63.2), lists, 7.5, "9f21c004")  # type: ignore[arg-type]
    body = json.loads(state(TOPICS, VITALS, stock).payload)
    assert body == {
        "soc_temp": 61.2,
        "queue": 3,
        "dropped": 1,
        "webhook_queue": 4,
        "mqtt": {"protocol": "5", "tls": None},
        "passages": 1207,
        "rejected": 88,
        "rejects": {"low agreement": 88},
        "gate": {"opened": 2},
        "frames": 4711,
        "skipped": 88,
        "problems": ["camera dark"],
        "ir": {"lit": False},
        "outside": None,
        "clock": "ntp",
        "temps": {"cpu-thermal": 61.2},
        "throttled": ["under-voltage"],
        "uptime_s": 86_000,
        "fps": 14.8,
        "frame_age_s": 0.1,
        "brightness": 0.43,
        "latency_ms": {"detect": {"p50": 41.0, "p95": 60.2, "max": 71.9}},
        "disk": {"free_mb": 20_100, "free_percent": 63.2},
        "lists": {"allowed": {"count": 2, "age_h": 1.5}},
        "quiet_h": 7.5,
        "store": "9f21c004",
        "aim": asdict(Aim()) | {"because": ["0 of 5 vehicles seen"]},
    }
