"""An indicative speed: right for what is drawn, none where too little was seen.

`python -m tests.resolve.test_speed` prints how far it is from the truth in the lanes of lanes.py.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain import Sighting
from appliance.resolve.speed import homography, speed_kmh
from appliance.resolve.tracker import Tracker
from appliance.road import Road
from tests.resolve import lanes
from tests.resolve.lanes import FOCAL, HEIGHT_M, HORIZON, PLATE_M, PLATE_RATIO, SIZE, Lane, Vehicle
from tests.resolve.scenes import TERMS, sighting

PLATE_EDGE_M = 0.5
CAMERA_M = HEIGHT_M + PLATE_M / PLATE_RATIO / 2 + PLATE_EDGE_M
"""Over the road, if the lower edges of the plates of lanes.py are at PLATE_EDGE_M."""


def seen_on_road(x: float, away: float) -> tuple[float, float]:
    """Where the camera of lanes.py sees a point of the road, in shares of the picture."""
    column, row = SIZE[0] / 2 + FOCAL * x / away, HORIZON + FOCAL * CAMERA_M / away
    return column / SIZE[0], row / SIZE[1]


def measured(*corners: tuple[float, float]) -> Road:
    """Four corners on the road, metres to the right and away, as a tape would have them."""
    a, b, c, d = corners
    return Road(
        points=(seen_on_road(*a), seen_on_road(*b), seen_on_road(*c), seen_on_road(*d)),
        sides_m=(math.dist(a, b), math.dist(b, c), math.dist(c, d), math.dist(d, a)),
        diagonals_m=(math.dist(a, c), math.dist(b, d)),
        camera_m=CAMERA_M,
        plate_m=PLATE_EDGE_M,
    )


ROAD = measured((-1.2, 5), (1.3, 5.2), (1.5, 13), (-1.4, 12))  # no right angle in it
STEADY = Lane("steady", 25, 8, [Vehicle("AB12CDE", 0.5, [(9, 8.0)])], lost=0, ghosts=0, jitter=0)


def track(lane: Lane, vehicle: int = 0, seed: int = 1) -> list[Sighting]:
    """The sightings of a vehicle of a lane."""
    shown = [each for picture in lanes.pictures(lane, seed) for each in picture.seen]
    return [sighting for sighting, whose in shown if whose == vehicle]


def steady(speed: float, **changes: Any) -> Lane:  # noqa: ANN401  # any field of Vehicle
    """A vehicle that comes at `speed` m/s."""
    return replace(STEADY, vehicles=[replace(STEADY.vehicles[0], speed=[(9, speed)], **changes)])


@settings(deadline=None)
@given(speed=st.floats(1.5, 20), offset=st.floats(-0.8, 0.8), away=st.booleans())
def test_without_noise_the_speed_is_exact(speed: float, offset: float, away: bool) -> None:
    """To and fro, in the middle or not; that plates are above the road is accounted for."""
    seen = track(steady(speed, offset=offset))
    if away:  # as in a recording that is played backwards
        seen = [replace(each, at=9 - each.at) for each in reversed(seen)]
    assert speed_kmh(ROAD, seen, SIZE) == pytest.approx(3.6 * speed, rel=1e-6)


@settings(deadline=None)
@given(height=st.floats(0.3, 0.9))
def test_a_plate_at_another_height_errs_as_the_docstring_says(height: float) -> None:
    """By (H - h configured) / (H - h) of what it is."""
    road = replace(ROAD, plate_m=height)
    found = speed_kmh(road, track(STEADY), SIZE)
    factor = (CAMERA_M - height) / (CAMERA_M - PLATE_EDGE_M)
    assert found == pytest.approx(3.6 * 8.0 * factor, rel=1e-6)


def test_bad_boxes_do_not_move_it() -> None:
    """Every fifth sighting is a box somewhere else."""
    seen = track(STEADY)
    stray = sighting(0, "AB12CDE", (600, 300)).detection
    spoilt = [replace(s, detection=stray) if n % 5 == 2 else s for n, s in enumerate(seen)]
    assert speed_kmh(ROAD, spoilt, SIZE) == pytest.approx(28.8, rel=0.05)


@pytest.mark.parametrize("ends", [(0, 4), (0, 12)])
def test_a_track_that_is_too_short_has_none(ends: tuple[int, int]) -> None:
    """Too few sightings, or all of them before the measured part."""
    assert speed_kmh(ROAD, track(STEADY)[slice(*ends)], SIZE) is None


def test_a_vehicle_that_stands_has_none() -> None:
    """Noise is no speed."""
    assert speed_kmh(ROAD, track(steady(0.001)), SIZE) is None


def test_the_record_of_a_track_has_it() -> None:
    """From the tracker, where the road has been measured."""
    tracker, passed = Tracker(TERMS, road=ROAD), []
    for picture in lanes.pictures(STEADY, 1):
        passed += tracker.update(picture.at, SIZE, [each for each, _ in picture.seen])
    (settled,) = passed + tracker.flush()
    assert settled.indicative_speed_kmh == pytest.approx(28.8, rel=1e-6)


def test_what_is_above_the_horizon_is_not_on_the_road() -> None:
    """A sign above the road gives no speed, however it shakes."""
    sign = [sighting(n, "STOP", (600.0, -300.0 - 9 * n)) for n in range(20)]
    assert speed_kmh(ROAD, sign, SIZE) is None


def test_four_points_are_taken_to_where_they_are() -> None:
    """And the points between them by straight lines."""
    shares, metres = np.array(ROAD.points), ROAD.corners_m()
    matrix = homography(shares, metres)
    placed = matrix @ np.column_stack([shares, np.ones(4)]).T
    assert np.allclose((placed[:2] / placed[2]).T, metres)


FAULTS = {
    "crossed": ({"points": (ROAD.points[0], ROAD.points[2], ROAD.points[1], ROAD.points[3])},
                "points: expected four corners, in order round them"),
    "on one line": ({"points": ((0, 0), (0.1, 0.1), (0.2, 0.2), (0, 1))}, "points: expected four"),
    "no triangle": ({"diagonals_m": (99.0, 2.0)}, "expected those of one quadrilateral"),
    "a tape read wrong": ({"sides_m": (*ROAD.sides_m[:2], 4.0, ROAD.sides_m[3])},
                          "sides_m[#3] = 4: the other distances make it 3.07, expected within 5%"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_have_been_measured_is_named(name: str) -> None:
    """The six distances are one more than the shape needs."""
    changes, expected = FAULTS[name]
    assert expected in replace(ROAD, **changes).fault()
    assert ROAD.fault() == ""


def errors(lane: Lane, seed: int, road: Road = ROAD) -> Iterator[float]:
    """Of each vehicle that drives by at one speed: by what share it was measured wrong."""
    for number, vehicle in enumerate(lane.vehicles):
        speeds = {speed for _, speed in vehicle.speed}
        seen = track(lane, number, seed)
        found = speed_kmh(road, seen, SIZE) if seen else None
        if len(speeds) == 1 and found is not None:
            yield found / 3.6 / abs(speeds.pop()) - 1


def test_in_simulated_lanes_it_is_near() -> None:
    """With boxes that shake as those of the lanes do: nine of ten within 2 %."""
    found = [abs(error) for lane in lanes.load() for error in errors(lane, 1)]
    assert len(found) > 40
    assert sorted(found)[len(found) * 9 // 10] < 0.02


def carelessly(seed: int) -> Road:
    """ROAD with its points 3 pixels off, its distances 2 cm, the plates' height 10 cm."""
    chance = random.Random(seed)  # noqa: S311  # not for secrets
    points = [(x + chance.gauss(0, 3) / SIZE[0], y + chance.gauss(0, 3) / SIZE[1])
              for x, y in ROAD.points]  # fmt: skip
    taped = [length + chance.gauss(0, 0.02) for length in (*ROAD.sides_m, *ROAD.diagonals_m)]
    height = PLATE_EDGE_M + chance.gauss(0, 0.1)
    return Road(tuple(points), tuple(taped[:4]), tuple(taped[4:]), CAMERA_M, height)  # type: ignore[arg-type]


def tell(name: str, found: list[float]) -> None:
    """One line about errors."""
    sizes = sorted(map(abs, found))
    nine = sizes[len(sizes) * 9 // 10]
    told = f"median {median(sizes):.1%}, nine of ten within {nine:.1%}, all within {sizes[-1]:.1%}"
    print(f"{name}: {len(found)} vehicles, {told}")  # noqa: T201


if __name__ == "__main__":
    tell(
        "all measured right",
        [e for s in range(5) for lane in lanes.load() for e in errors(lane, s)],
    )
    careless = [
        error
        for seed in range(20)
        for lane in lanes.load()
        for error in errors(lane, seed, carelessly(seed))
    ]
    tell("3 px, 2 cm, plates 10 cm off", careless)
