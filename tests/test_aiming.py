"""What the lane's aiming keeps, counts and forgets."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from appliance.aiming import NEWEST, Aiming
from appliance.domain import Detection, Frame, Quad, Read, Sighting
from appliance.exposure import Shot
from appliance.resolve.track import MOST
from tests.gate_bench import Bench
from tests.standin import Pins

PICTURE = np.zeros((720, 1280, 3), np.uint8)
STEP_S = 0.1


def sighting(x: float, y: float, at: float, text: str = "AB12CDE", width: float = 98.0) -> Sighting:
    """A plate of so many pixels there."""
    corners = ((x, y), (x + width, y), (x + width, y + width / 5), (x, y + width / 5))
    return Sighting(
        0, at, Detection(Quad(corners), 0.9), Read(text, 0.99, (0.99,) * len(text), ()), 0.8
    )


class Lane:
    """Plays tracks to an aiming, as the loop does."""

    def __init__(self, aiming: Aiming) -> None:
        self.aiming, self.now = aiming, 0.0
        self.last: dict[int, float] = {}

    def look(self, *sighted: tuple[int, Sighting], shot: Shot | None = None) -> None:
        """One frame with its sightings."""
        self.now += STEP_S
        self.last |= {number: self.now for number, _ in sighted}
        frame = Frame(PICTURE, self.now, round(self.now / STEP_S), shot=shot)
        self.aiming.watch(frame, sighted, self.last.get)

    def leave(self) -> None:
        """Nobody is in sight any more."""
        self.last.clear()
        self.look()

    def drive(
        self, number: int, ys: Sequence[float], text: str = "AB12CDE", shot: Shot | None = None
    ) -> None:
        """One vehicle down the picture, and away."""
        for y in ys:
            self.look((number, sighting(500, y, self.now + STEP_S, text)), shot=shot)
        self.leave()


def test_a_vehicle_counts_when_it_is_gone() -> None:
    """Before that nobody knows where it is read best."""
    aiming = Aiming(0.002)
    lane = Lane(aiming)
    for y in (100, 200, 300):
        lane.look((1, sighting(500, y, lane.now + STEP_S)), shot=Shot(0.001, 2.0))
    assert (aiming.seen, len(aiming.vehicles)) == (0, 0)
    lane.leave()
    assert aiming.seen == 1
    assert aiming.aim.vehicles == 1
    assert aiming.aim.px_per_char == pytest.approx(14)
    assert (aiming.aim.exposure_ms, aiming.aim.longest_ms) == (1.0, 2.0)
    assert aiming.aim.smear_px == pytest.approx(1.0, rel=0.01), "1000 px a second for 1 ms"


def test_what_does_not_move_is_no_vehicle() -> None:
    """A sign, a parked car, a vent in the wall."""
    aiming = Aiming()
    lane = Lane(aiming)
    lane.drive(1, [200, 201, 199, 200, 202])
    assert aiming.seen == 0


def test_what_is_seen_once_or_twice_is_no_vehicle() -> None:
    """It may be anything."""
    aiming = Aiming()
    Lane(aiming).drive(1, [100, 300])
    assert aiming.seen == 0


def test_only_the_newest_count() -> None:
    """Who turns the camera wants to know of the vehicles since, not of yesterday's."""
    aiming = Aiming()
    lane = Lane(aiming)
    for number in range(NEWEST + 3):
        lane.drive(number, range(100, 600, 100), text="AB12CDE" if number >= 3 else "")
    assert aiming.seen == NEWEST + 3
    assert (aiming.aim.vehicles, aiming.aim.read) == (NEWEST, NEWEST)
    assert aiming.aim.ready


def test_a_vehicle_that_waits_for_hours_fills_no_memory() -> None:
    """Of a long stay the middle is thinned out, as in the tracker."""
    aiming = Aiming()
    lane = Lane(aiming)
    for number in range(1000):
        lane.look((1, sighting(500, 100 + number / 10, lane.now + STEP_S)))
    assert len(aiming.tracks[1].sightings) <= MOST
    lane.leave()
    assert not aiming.tracks
    assert aiming.seen == 1


def test_at_the_end_who_is_in_sight_counts() -> None:
    """A recording may end before they have left."""
    aiming = Aiming()
    lane = Lane(aiming)
    for y in (100, 200, 300):
        lane.look((1, sighting(500, y, lane.now + STEP_S)))
    aiming.part()
    assert aiming.aim.vehicles == 1


def test_no_plate_is_kept() -> None:
    """Not even in memory, once the vehicle has gone."""
    aiming = Aiming()
    Lane(aiming).drive(1, [100, 200, 300], text="SECRET7")
    assert "SECRET7" not in repr(aiming)


class Passing:
    """Sees one plate come down the picture for ten frames, then nothing."""

    def __init__(self) -> None:
        self.left = 10

    def sightings(self, frame: Frame) -> list[Sighting]:
        """The plate, lower each time."""
        self.left -= 1
        return [sighting(500, 600 - 50 * self.left, frame.at)] if self.left >= 0 else []


@pytest.fixture
def bench(tmp_path: Path, pins: Pins) -> Iterator[Bench]:
    """A unit whose lane is played by the test."""
    started = Bench(tmp_path, pins)
    yield started
    started.gate.close()
    started.database.close()


def test_the_lane_tells_health(bench: Bench) -> None:
    """With the frame in which the vehicle is found to be gone; and so it stands in the state."""
    lane, now = bench.lane, time.monotonic()
    lane.recognizer = Passing()  # type: ignore[assignment]
    for number in range(60):
        lane.look(Frame(PICTURE, now + number * STEP_S, number, shot=Shot(0.001, 2.0)))
    aim = bench.health.snapshot().aim
    assert (aim.vehicles, aim.reads, aim.exposure_ms) == (1, 10.0, 1.0)
    assert aim.smear_px == pytest.approx(0.5, rel=0.01)
