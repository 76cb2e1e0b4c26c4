"""Home Assistant is told of the unit when either of them comes, and never of an old passage."""

from __future__ import annotations

import json
from threading import Event
from typing import Any

import pytest

from appliance.announcer import Announcer, announced
from appliance.config import Config, Unit
from appliance.transmit.component import Features
from appliance.transmit.fake import FakeLink
from appliance.transmit.homeassistant import announcements
from appliance.transmit.messages import Topics

TOPICS = Topics("unit")
DOCUMENTS = announcements(Unit(id="unit"), "1", Features(last=False), "homeassistant")
AT_ONCE = (0.0, 0.0)
LATER = (3600.0, 3600.0)


@pytest.fixture
def link() -> FakeLink:
    """A link that has no connection yet."""
    return FakeLink(TOPICS, Event())


def _told(link: FakeLink) -> list[str]:
    return [each.payload for each in link.history if each.topic.startswith("homeassistant/")]


def test_it_is_said_once_on_every_connection(link: FakeLink) -> None:
    """What takes away first, then what holds; without a connection nothing."""
    announcer, document = Announcer(DOCUMENTS), [each.payload for each in DOCUMENTS]
    assert not announcer.turn(link)
    link.connect()
    assert announcer.turn(link)
    assert not announcer.turn(link)
    assert _told(link) == document
    link.lose()
    link.connect()
    assert announcer.turn(link)
    assert _told(link) == document * 2
    assert announcer.rounds == 2


def test_it_is_said_again_a_moment_after_each_birth(link: FakeLink) -> None:
    """Not at once, or a fleet would answer in one moment."""
    announcer = Announcer(DOCUMENTS, LATER)
    link.connect()
    announcer.turn(link)
    link.give_birth()
    assert not announcer.turn(link)
    announcer.pause_s = AT_ONCE
    link.give_birth()
    assert announcer.turn(link)
    assert not announcer.turn(link)
    assert announcer.rounds == 2


def test_a_connection_says_what_a_birth_would_have(link: FakeLink) -> None:
    """Nothing is left to be said twice."""
    announcer = Announcer(DOCUMENTS, LATER)
    link.connect()
    announcer.turn(link)
    link.give_birth()
    announcer.turn(link)
    link.lose()
    assert not announcer.turn(link)
    link.connect()
    assert announcer.turn(link)
    announcer.pause_s = AT_ONCE
    assert not announcer.turn(link)


def test_the_pause_is_drawn_from_one_to_ten_seconds(link: FakeLink) -> None:
    """As the notes have it: units answer one after the other."""
    assert Announcer().pause_s == (1.0, 10.0)
    link.connect()
    announcers = [Announcer(DOCUMENTS) for _ in range(50)]
    for announcer in announcers:
        announcer.turn(link)
    link.give_birth()
    for announcer in announcers:
        announcer.turn(link)
    due = [announcer.due_at for announcer in announcers]
    assert len(set(due)) == 50
    assert max(due) - min(due) > 3.0


def test_discovery_may_be_switched_off_and_moved() -> None:
    """By the configuration; without `mqtt.last` its entities are taken away."""
    assert announced(Config.model_validate({"homeassistant": {"discovery": False}})) == []
    full: dict[str, Any] = {
        "parking": {"entering": "approaching", "capacity": 40},
        "light": {"head": [{"led": "gatepost:ir:illuminator"}]},
        "update": {"url": "https://u.example", "root_file": "root.pub"},
    }
    moved = Config.model_validate(full | {"homeassistant": {"prefix": "ha/lab"}})
    assert [each.topic for each in announced(moved)] == ["ha/lab/device/gatepost/config"]
    private = Config.model_validate(full | {"mqtt": {"host": "b", "last": False}})
    assert len(announced(private)) == 2


@pytest.mark.parametrize(
    ("mqtt", "is_there"),
    [({}, True), ({"last_image": False}, False), ({"last": False}, False)],
)
def test_the_picture_is_an_entity_where_it_goes_out(mqtt: dict[str, Any], is_there: bool) -> None:
    """Not without the passage that it belongs to."""
    config = Config.model_validate({"mqtt": {"host": "b"} | mqtt})
    assert ("crop" in json.loads(announced(config)[-1].payload)["cmps"]) == is_there
