"""Which way a vehicle went, and whether it moved at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.domain import Quad, Sighting
from appliance.resolve.judge import Terms
from appliance.resolve.track import moved
from tests.resolve.scenes import passages, sighting, vehicle

DIRECTIONS = {"approaching": 1.04, "receding": 0.96, "unknown": 1.0}


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_plate_that_grows_comes_nearer(direction: str) -> None:
    """One that shrinks goes away; one that does neither is not guessed at."""
    (passage,) = passages(vehicle("KX53PXF", range(12), growth=DIRECTIONS[direction]))
    assert passage.direction == direction


def test_what_something_hides_from_the_side_does_not_leave() -> None:
    """Its boxes become narrower, but higher: the plate comes nearer and sinks."""

    def seen(number: int) -> Sighting:
        whole = sighting(number, "KX53PXF", (100, 100))
        left, top, right, bottom = 500 + 3.0 * number, 360 + 4.0 * number, 560, 380 + 5.0 * number
        quad = Quad(((left, top), (right, top), (right, bottom), (left, bottom)))
        return replace(whole, detection=replace(whole.detection, quad=quad))

    (passage,) = passages({number: [seen(number)] for number in range(12)})
    assert passage.direction == "approaching"


def test_who_comes_into_the_picture_grows_there_and_leaves() -> None:
    """Only whole plates say which way a vehicle went."""
    edge = {0: [sighting(0, "KX53PXF", (0, 460), 72)], 1: [sighting(1, "KX53PXF", (0, 460), 74)]}
    widths = (88, 84, 80, 76)
    whole = {
        n + 2: [sighting(n + 2, "KX53PXF", (30 + 40 * n, 455), w)] for n, w in enumerate(widths)
    }
    (passage,) = passages(edge | whole)
    assert passage.direction == "receding"


def test_too_few_sightings_have_no_direction() -> None:
    """Two widths are no trend."""
    lane = vehicle("KX53PXF", range(2), growth=1.5)
    assert passages(lane, Terms(1.5, 1, 0.5))[0].direction == "unknown"


def test_a_sign_that_is_half_hidden_has_not_moved() -> None:
    """In `stop and go in a queue` of tests/data/drive.toml it was told as a vehicle."""
    whole = [sighting(frame, "NOPARKING", (245, 270), 160) for frame in range(8)]
    part = [sighting(frame, "RKING", (330, 270), 75) for frame in range(8, 16)]
    tall = replace(part[0].detection, quad=Quad(((330, 270), (405, 270), (405, 310), (330, 310))))
    assert not moved([*whole, *(replace(s, detection=tall) for s in part)])
    assert moved([*whole, *(sighting(frame, "AB12CDE", (300, 270), 160) for frame in range(8))])
