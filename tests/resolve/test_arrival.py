"""Who has come since the unit started, and who stood there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.domain import Box, Detection, Quad, Sighting
from appliance.resolve.arrival import ARRIVAL_S, WARY_S, Arrivals
from tests.conftest import SETTLED

BEGAN = 1000.0
ELSEWHERE = Box(10.0, 40.0, 110.0, 65.0)
OTHER = replace(SETTLED.read, text="HKT4926")
AFTER = BEGAN + ARRIVAL_S + 0.5


def sighting(at: float, text: str = SETTLED.read.text) -> Sighting:
    """A plate at the place of SETTLED's box."""
    box = SETTLED.box
    corners = ((box.x1, box.y1), (box.x2, box.y1), (box.x2, box.y2), (box.x1, box.y2))
    return Sighting(1, at, Detection(Quad(corners), 0.9), replace(SETTLED.read, text=text))


@pytest.fixture
def arrivals() -> Arrivals:
    """At the start a plate was in sight, somebody else came a little later."""
    arrivals = Arrivals()
    arrivals.watch(BEGAN, [])
    arrivals.watch(BEGAN + ARRIVAL_S, [sighting(BEGAN)])
    arrivals.watch(BEGAN + ARRIVAL_S + 0.1, [sighting(BEGAN, OTHER.text)])
    return arrivals


def test_before_the_first_frame_nobody_has_come() -> None:
    """Nothing is known."""
    assert not Arrivals().has_come(SETTLED)


@pytest.mark.parametrize(
    ("changes", "has_come"),
    [
        ({"first_at": BEGAN + ARRIVAL_S, "read": OTHER, "box": ELSEWHERE}, False),
        ({"first_at": AFTER, "read": OTHER, "box": ELSEWHERE}, True),
        ({"first_at": AFTER, "read": OTHER}, False),
        ({"first_at": AFTER, "box": ELSEWHERE}, False),
        ({"first_at": BEGAN + WARY_S}, False),
        ({"first_at": BEGAN + WARY_S + 0.1}, True),
    ],
)
def test_who_may_have_stood_there_has_not_come(
    arrivals: Arrivals, changes: dict[str, object], has_come: bool
) -> None:
    """At its place or reading like it, within half a minute; who was in sight at once anyhow."""
    assert arrivals.has_come(replace(SETTLED, **changes)) is has_come


def test_what_could_not_be_read_is_known_by_its_place_alone() -> None:
    """Too short a text says nothing."""
    arrivals = Arrivals(BEGAN, [sighting(BEGAN, "AB1")])
    other = replace(SETTLED, first_at=AFTER, box=ELSEWHERE, track=7)
    assert not arrivals.has_come(replace(SETTLED, first_at=AFTER))
    assert arrivals.has_come(other)


def test_who_was_doubted_once_stays_doubted(arrivals: Arrivals) -> None:
    """Its record's best sighting may be where nobody stood."""
    early = replace(SETTLED, first_at=AFTER, read=OTHER, track=7)
    assert not arrivals.has_come(early)
    assert not arrivals.has_come(replace(early, box=ELSEWHERE))
    assert arrivals.has_come(replace(early, box=ELSEWHERE, track=8))


def test_after_a_cut_nobody_knows_who_has_come(arrivals: Arrivals) -> None:
    """As after a start: who is in sight stood there; what stood there shortly before, too."""
    arrivals.watch(BEGAN + 20, [], cut=True)
    arrivals.watch(BEGAN + 20 + ARRIVAL_S, [sighting(BEGAN + 20, OTHER.text)])
    after = replace(SETTLED, first_at=BEGAN + 20 + ARRIVAL_S + 0.1, box=ELSEWHERE)
    assert not arrivals.has_come(replace(after, first_at=BEGAN + 19))
    assert not arrivals.has_come(after)
    assert not arrivals.has_come(replace(after, read=OTHER, track=7))
    assert arrivals.has_come(replace(after, read=replace(OTHER, text="XX99YYY"), track=8))


def test_who_stood_there_long_before_a_cut_is_forgotten(arrivals: Arrivals) -> None:
    """Longer ago than the tracker would lose somebody."""
    cut_at = BEGAN + WARY_S + 1
    arrivals.watch(cut_at, [], cut=True)
    assert arrivals.has_come(replace(SETTLED, first_at=cut_at + ARRIVAL_S + 0.1))
