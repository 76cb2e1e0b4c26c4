"""Places in the picture."""

from __future__ import annotations

import pytest

from appliance.resolve.zones import Line, Zones, inside

SQUARE = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
HOOK = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.7, 0.9), (0.7, 0.3), (0.1, 0.3))
INSIDE = {
    "the middle": ((0.5, 0.5), SQUARE, True),
    "left of it": ((0.1, 0.5), SQUARE, False),
    "below it": ((0.5, 0.9), SQUARE, False),
    "in the hook": ((0.8, 0.6), HOOK, True),
    "in its hollow": ((0.4, 0.6), HOOK, False),
}


@pytest.mark.parametrize("name", INSIDE)
def test_inside(name: str) -> None:
    """Polygons may be hollow."""
    point, polygon, expected = INSIDE[name]
    assert inside(point, polygon) is expected


def test_a_shared_edge_belongs_to_one() -> None:
    """No plate is in both of two zones that touch, and none in neither."""
    left, right = ((0, 0), (0.5, 0), (0.5, 1), (0, 1)), ((0.5, 0), (1, 0), (1, 1), (0.5, 1))
    assert inside((0.5, 0.5), left) != inside((0.5, 0.5), right)


def test_no_watched_zone_is_everywhere() -> None:
    """An ignored one still counts."""
    zones = Zones(ignore=(SQUARE,))
    assert zones.is_watched((0.5, 0.5))
    assert zones.is_ignored((0.5, 0.5))
    assert not zones.is_ignored((0.1, 0.5))
    assert not Zones(watch=(SQUARE,)).is_watched((0.1, 0.5))


LINE = Line((0, 0.5), (1, 0.5))
PATHS = {
    "down": ([(0.5, 0.1), (0.5, 0.4), (0.5, 0.9)], "in"),
    "up": ([(0.5, 0.9), (0.5, 0.1)], "out"),
    "not as far": ([(0.5, 0.1), (0.5, 0.4)], "none"),
    "down and back": ([(0.5, 0.1), (0.5, 0.9), (0.4, 0.2)], "none"),
    "jitter on it, then down": (
        [(0.5, 0.4), (0.5, 0.6), (0.5, 0.4), (0.5, 0.5), (0.5, 0.4), (0.5, 0.8)],
        "in",
    ),
    "nowhere": ([], "none"),
}


@pytest.mark.parametrize("name", PATHS)
def test_crossing(name: str) -> None:
    """Only the whole way counts."""
    path, expected = PATHS[name]
    assert LINE.crossed(path) == expected


def test_past_the_end_of_a_line_is_not_across_it() -> None:
    """A line has two ends."""
    assert Line((0, 0.5), (0.4, 0.5)).crossed([(0.5, 0.1), (0.5, 0.9)]) == "none"


def test_the_other_way_round_is_out() -> None:
    """Who swaps the points swaps in and out."""
    assert Line(LINE.end, LINE.start).crossed([(0.5, 0.1), (0.5, 0.9)]) == "out"
