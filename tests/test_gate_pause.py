"""Who comes within the gate's pause is let in when it is over, once, if it stands there then.

Lane, tracker, policy, gate and guardian are the real ones; the pin keeps its history.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from appliance.access import Rule
from appliance.contact import FakeContact
from appliance.domain import Frame, Sighting
from tests.gate_bench import ALLOWED, PAUSE_S, Bench, Blind, HandClock
from tests.resolve.scenes import Lane, sighting, vehicle
from tests.standin import Pins

RATE = 10
STOPS = 20  # the frame in which the first vehicle stops
NOBODY: Lane = {}


def drives_up(text: str, frames: range, start: tuple[float, float] = (100, 100)) -> Lane:
    """A vehicle that comes nearer for two seconds and then stands."""
    seen = range(STOPS + 1)
    way = vehicle(text, seen, start, step=(5, 5), growth=1.04)
    return {frame: way[min(frame - frames.start, STOPS)] for frame in frames}


@dataclass
class Watched:
    """A unit before whose camera vehicles come and go, ten frames a second."""

    bench: Bench
    lanes: list[Lane]
    frame: int = 0
    began_at: float = field(default_factory=lambda: time.monotonic() - 8.0)

    def __post_init__(self) -> None:
        """See with the eyes of the test."""
        self.bench.lane.recognizer = self  # type: ignore[assignment]
        self.bench.link.connect()

    def sightings(self, frame: Frame) -> list[Sighting]:
        """The plates where they are in this frame."""
        seen = [s for lane in self.lanes for s in lane.get(frame.number, [])]
        return [replace(one, frame=frame.number, at=frame.at) for one in seen]

    def look(self, frames: int) -> None:
        """Watch for so many frames more."""
        for _ in range(frames):
            self.frame += 1
            at = self.began_at + self.frame / RATE
            self.bench.lane.look(Frame(np.zeros((720, 1280, 3), np.uint8), at, self.frame))

    def leave(self) -> None:
        """Nobody is in sight any more, until every vehicle is recorded."""
        self.bench.lane.recognizer = Blind()  # type: ignore[assignment]
        self.look(20)


@pytest.fixture
def start(tmp_path: Path, pins: Pins) -> Iterator[Callable[..., Bench]]:
    """Starts a unit whose pause has just begun; its gate is closed after the test."""
    started: list[Bench] = []

    def bench(**parts: object) -> Bench:
        started.append(Bench(tmp_path, pins, **parts))  # type: ignore[arg-type]  # any field of it
        started[-1].clock.now -= PAUSE_S
        return started[-1]

    yield bench
    for each in started:
        each.gate.close()


@pytest.fixture
def early(start: Callable[..., Bench]) -> Watched:
    """A vehicle that came within the first pause after the start, and stands there."""
    watched = Watched(start(), [drives_up("AB12CDE", range(200))])
    watched.look(STOPS + 25)
    watched.bench.sender.turn()
    (told,) = watched.bench.lane.told.values()
    assert (told.decision.action, told.decision.outcome) == ("open", "too_soon")
    assert watched.bench.pulses == 0
    return watched


def test_who_came_within_the_first_pause_is_let_in_after_it(early: Watched) -> None:
    """Once, however long it stands there; others are not told again, and the record says it."""
    bench = early.bench
    bench.clock.now += PAUSE_S
    early.look(1)
    assert bench.pulses == 1
    bench.rest()
    early.look(20)
    early.leave()
    assert (bench.pulses, bench.outcomes) == (1, ["opened"])
    (live,) = bench.live()
    assert live["decision"]["gate"] == "too_soon"
    assert bench.health.snapshot().gate == {"too_soon": 1, "opened": 1}


def test_nothing_opens_before_the_pause_is_over(early: Watched) -> None:
    """And the gate is not asked with every frame."""
    early.bench.clock.now += PAUSE_S - 0.01
    early.look(10)
    assert early.bench.health.snapshot().gate == {"too_soon": 1}
    assert early.bench.pulses == 0


def test_who_leaves_before_the_pause_is_over_opens_nothing(early: Watched) -> None:
    """Not though its track is not over yet when it is; nor does its record."""
    early.bench.lane.recognizer = Blind()  # type: ignore[assignment]
    early.look(1)
    early.bench.clock.now += PAUSE_S
    early.look(20)
    assert (early.bench.pulses, early.bench.outcomes) == (0, ["too_soon"])


def test_who_is_struck_off_the_list_meanwhile_opens_nothing(early: Watched) -> None:
    """The list and the policy are asked again; the record keeps what was told."""
    early.bench.match = replace(ALLOWED, list="denied")
    early.bench.clock.now += PAUSE_S
    early.look(5)
    early.leave()
    assert (early.bench.pulses, early.bench.outcomes) == (0, ["too_soon"])


def test_frames_that_come_late_open_nothing(early: Watched) -> None:
    """Who stands in a picture of long ago is not known to stand there now."""
    early.bench.clock.now += PAUSE_S
    early.began_at -= 60.0
    seen = dict.fromkeys(range(300), early.lanes[0][199])
    early.lanes = [seen]
    for track in early.bench.lane.tracker._tracks:
        track.sightings = [replace(s, at=s.at - 60.0) for s in track.sightings]
    early.look(5)
    assert early.bench.pulses == 0


def test_a_restart_lets_in_nobody_who_waited(early: Watched, start: Callable[..., Bench]) -> None:
    """It stood there when the unit started; what it was told is recorded."""
    early.bench.gate.close()
    early.bench.database.change("UPDATE early SET session = 'of the process before'")
    again = Watched(start(), [dict.fromkeys(range(200), early.lanes[0][199])])
    again.bench.lane.arrivals.began_at = None
    again.bench.lane.recover()
    again.look(40)
    again.bench.clock.now += PAUSE_S
    again.look(10)
    again.leave()
    assert again.bench.pulses == 0
    assert "opened" not in again.bench.outcomes


def test_of_two_cars_bumper_to_bumper_each_has_its_pulse(start: Callable[..., Bench]) -> None:
    """The second one when the pause is over and it has moved up to the gate; no third."""
    first = drives_up("AB12CDE", range(45))
    behind = drives_up("KX53PXF", range(10, 110), (600, 100))
    watched = Watched(start(), [first, behind])
    bench = watched.bench
    bench.clock.now += PAUSE_S
    watched.look(44)
    assert [each.decision.outcome for each in bench.lane.told.values()] == ["opened", "too_soon"]
    bench.rest()
    watched.look(1)
    assert bench.pulses == 2
    bench.rest()
    watched.look(30)
    watched.leave()
    assert (bench.pulses, bench.outcomes) == (2, ["opened", "opened"])


def test_who_drives_through_with_its_neighbour_gives_no_pulse(start: Callable[..., Bench]) -> None:
    """It has been let in by the neighbour's; another might shut the gate on it."""
    first = drives_up("AB12CDE", range(25))
    behind = vehicle("KX53PXF", range(5, 80), (700, 20), step=(3, 8), width=60, growth=1.012)
    watched = Watched(start(), [first, behind])
    bench = watched.bench
    bench.clock.now += PAUSE_S
    watched.look(40)
    assert bench.pulses == 1
    bench.rest()
    watched.look(39)
    assert [each.decision.outcome for each in bench.lane.told.values()] == ["too_soon"]
    watched.leave()
    assert (bench.pulses, bench.outcomes) == (1, ["opened", "too_soon"])


def test_two_who_wait_have_a_pause_between_them(start: Callable[..., Bench]) -> None:
    """First come, first let in."""
    lanes = [drives_up("AB12CDE", range(200)), drives_up("KX53PXF", range(3, 200), (600, 100))]
    watched = Watched(start(), lanes)
    watched.look(50)
    for pulses in (1, 2, 2):
        watched.bench.rest()
        watched.look(3)
        assert watched.bench.pulses == pulses
    assert [each.decision.outcome for each in watched.bench.lane.told.values()] == ["opened"] * 2


def test_a_second_factor_must_hold_when_the_pause_is_over(start: Callable[..., Bench]) -> None:
    """One that has grown too old is shown again."""
    factor = {"second_factor": "confirm_line", "second_factor_s": 10.0}
    rules = [Rule.model_validate({"list": "allowed", "action": "open"} | factor)]
    bench = start(rules=rules, contact=FakeContact(22, clock=HandClock()))
    bench.badge()
    watched = Watched(bench, [drives_up("AB12CDE", range(200))])
    watched.look(STOPS + 25)
    bench.badge_clock.now += 60
    bench.clock.now += PAUSE_S
    watched.look(3)
    assert bench.pulses == 0
    bench.badge()
    watched.look(3)
    assert bench.pulses == 1


def test_a_power_cut_after_the_pause_keeps_what_the_gate_did(early: Watched) -> None:
    """It stands in what was told early."""
    early.bench.clock.now += PAUSE_S
    early.look(1)
    ((body,),) = early.bench.database.rows("SELECT body FROM early")
    assert json.loads(body)["decision"]["gate"] == "opened"


def test_a_plate_rests_that_keeps_its_place_for_two_seconds(early: Watched) -> None:
    """Not before, and not in a frame in which it is not seen."""
    tracker = early.bench.lane.tracker
    (number,) = early.bench.lane.told
    at = early.began_at + early.frame / RATE
    assert tracker.stands(number, at)
    assert not tracker.stands(number, at + 0.1)
    assert not tracker.stands(number + 1, at)
    far = sighting(0, "AB12CDE", (400, 300), 240)
    early.lanes = [{frame: [far] for frame in range(300)}]
    early.look(15)
    assert not tracker.stands(number, early.began_at + early.frame / RATE)
