"""A unit whose lane is played by a test: all of it is real but the camera and the pins."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np

from appliance import sight
from appliance.access import DEFAULT_POLICY, Rule
from appliance.capture.camera import FakeCamera
from appliance.config import Config
from appliance.contact import FakeContact
from appliance.decision import Match
from appliance.domain import Direction, Frame, Message, Passage, Sighting
from appliance.entrance import Entrance
from appliance.health import Health
from appliance.keeper import Keeper
from appliance.orders import Orders
from appliance.pipeline import Lane
from appliance.respond.gate import Gate, Guardian
from appliance.retention import Retention
from appliance.sender import Sender
from appliance.stamp import LiveStamp
from appliance.standing import StandingLists
from appliance.store.database import Database
from appliance.store.history import History
from appliance.store.lists import ListStore
from appliance.store.outbox import Outbox
from appliance.store.passages import Passages
from appliance.transmit.fake import FakeLink
from appliance.transmit.messages import Topics
from tests.conftest import SETTLED, UNIT, until
from tests.standin import FOREVER, Pins

PAUSE_S = 5.0
ALLOWED = Match("allowed", "AB12CDE", "Anna", 0.0, near=False, applies=True, reason="")


class Blind:
    """Sees no plates."""

    def sightings(self, _frame: Frame) -> list[Sighting]:
        """Nothing."""
        return []


@dataclass
class HandClock:
    """A clock that is set by hand; only the gate's pause goes by it."""

    now: float = 1000.0

    def __call__(self) -> float:
        """The time, monotonic seconds."""
        return self.now


@dataclass
class Bench:
    """A unit whose lane is played by the test."""

    folder: Path
    pins: Pins
    stamp: Any = field(default_factory=lambda: LiveStamp(lambda: "ntp"))
    match: Match | None = ALLOWED
    max_distance: float = 0.0
    clock: HandClock = field(default_factory=HandClock)
    rules: Sequence[Rule] = DEFAULT_POLICY
    contact: FakeContact | None = None
    heard: list[Passage] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start it, and see a first frame long ago."""
        health, wake, stopping = Health(), Event(), Event()
        path = self.folder / "passages.sqlite"
        self.database = Database(path)
        start = partial(Guardian, self.pins.number, active_low=False)
        self.gate = Gate(0.1, PAUSE_S, start, self.clock)
        self.entrance = Entrance(health, self.rules, self.find, self.gate, self.contact)
        self.link = FakeLink(Topics("unit"), wake)
        self.lane = self._lane(health, wake, stopping)
        keeping = Database(path)
        self.standing = StandingLists(ListStore(keeping), self.max_distance)
        outbox, retention = Outbox(keeping), Retention(3600.0)
        lists, history = ListStore(keeping), History(keeping, 10**8)
        self.sender = Sender(outbox, self.link, Topics("unit"), health, wake, stopping)
        self.keeper = Keeper(
            passages=Passages(keeping, 10**8),
            outbox=outbox,
            standing=self.standing,
            health=health,
            topics=Topics("unit"),
            link=self.link,
            stopping=stopping,
            retention=retention,
            tend=self.entrance.tend,
            orders=Orders(self.link, Topics("unit"), lists, history, retention),
        )
        self.health = health
        self.lane.look(Frame(np.zeros((8, 8, 3), np.uint8), time.monotonic() - 3600, 0))
        self.clock.now += PAUSE_S

    def _lane(self, health: Health, wake: Event, stopping: Event) -> Lane:
        return Lane(
            camera=FakeCamera([]),
            recognizer=Blind(),  # type: ignore[arg-type]
            tracker=sight.build_tracker(Config()),
            stamp=self.stamp,
            entrance=self.entrance,
            passages=Passages(self.database, 10**8),
            unit=UNIT,
            model="det/ocr",
            health=health,
            announce=self.hear,
            wake=wake,
            stopping=stopping,
        )

    def find(self, _text: str, _when: datetime | None, _direction: Direction) -> Match | None:
        """What the lists say to everyone."""
        return self.match

    def hear(self, passage: Passage, _message: Message) -> None:
        """What the lane announces."""
        self.heard.append(passage)

    def come(self, ago_s: float = 0.1, stay_s: float = 2.0, **changes: Any) -> None:  # noqa: ANN401
        """A vehicle was seen for `stay_s`, until `ago_s` ago."""
        last_at = time.monotonic() - ago_s
        seen = replace(SETTLED, first_at=last_at - stay_s, last_at=last_at)
        self.lane.settle(replace(seen, **changes))

    @property
    def badge_clock(self) -> HandClock:
        """By which confirmations grow old."""
        assert self.contact is not None
        assert isinstance(self.contact.clock, HandClock)
        return self.contact.clock

    def badge(self, *, held: bool = False) -> None:
        """Somebody holds a badge to its reader for half a second, or goes on holding it."""
        assert self.contact is not None
        self.contact.set(active=True)
        self.badge_clock.now += 0.5
        self.contact.set(active=held)

    def rest(self) -> None:
        """Let every pulse end, and the pause go by."""
        until(lambda: all(end < FOREVER for _, end in self.pins.pulses()), "the pulse ends")
        self.gate.tend()
        self.clock.now += 100

    def live(self) -> list[dict[str, Any]]:
        """What has gone out as live, after the sender has had its turns."""
        return self._sent(Topics("unit").passage)

    def recorded(self) -> dict[str, Any]:
        """What has gone out for the records last, after the sender has had its turns."""
        self.link.connect()
        return self._sent(Topics("unit").log)[-1]

    def _sent(self, topic: str) -> list[dict[str, Any]]:
        for _ in range(2):
            self.sender.turn()
        return [json.loads(each.payload) for each in self.link.history if each.topic == topic]

    @property
    def pulses(self) -> int:
        """How often the gate was opened, by the pin itself."""
        return len(self.pins.pulses())

    @property
    def outcomes(self) -> list[str | None]:
        """What the records say that the gate did."""
        return [passage.decision.outcome for passage in self.heard]
