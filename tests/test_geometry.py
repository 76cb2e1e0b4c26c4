"""What may be wrong with polygons and lines of the picture."""

from __future__ import annotations

import pytest

from appliance.geometry import line_faults, polygon_faults

SQUARE = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
HOOK = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.7, 0.9), (0.7, 0.3), (0.1, 0.3))
POLYGONS = {
    "none": (SQUARE, []),
    "hollow": (HOOK, []),
    "too few": (SQUARE[:2], ["2 points, expected at least 3 corners of a polygon"]),
    "outside": (
        ((0.2, 0.2), (0.8, 1.2), (0.8, -1)),
        [
            "point 2 is [0.8, 1.2], expected shares of the picture from 0 to 1",
            "point 3 is [0.8, -1], expected shares of the picture from 0 to 1",
        ],
    ),
    "pixels": (
        ((0, 0), (1280, 0), (0, 0.5)),
        ["point 2 is [1280, 0], expected shares of the picture from 0 to 1"],
    ),
    "not a number": (
        ((0, 0), (float("nan"), 0), (0, 0.5)),
        ["point 2 is [nan, 0], expected shares of the picture from 0 to 1"],
    ),
    "a bow tie": (
        ((0.2, 0.2), (0.8, 0.8), (0.8, 0.2), (0.2, 0.8)),
        ["the edge from point 1 crosses the edge from point 3"],
    ),
    "flat": (((0.1, 0.1), (0.5, 0.5), (0.9, 0.9)), ["all its points lie on one line"]),
}
LINES = {
    "none": (((0, 0.5), (1, 0.5)), []),
    "one point": (((0, 0.5),), ["1 points, expected the 2 ends of a line"]),
    "the same twice": (
        ((0.5, 0.5), (0.5, 0.5)),
        ["both points are [0.5, 0.5], expected two different ones"],
    ),
    "outside": (
        ((0.5, 0.5), (0.5, 5)),
        ["point 2 is [0.5, 5], expected shares of the picture from 0 to 1"],
    ),
}


@pytest.mark.parametrize("name", POLYGONS)
def test_faults_of_a_polygon(name: str) -> None:
    """Named with the point and what was expected."""
    corners, expected = POLYGONS[name]
    assert polygon_faults(corners) == expected


@pytest.mark.parametrize("name", LINES)
def test_faults_of_a_line(name: str) -> None:
    """Two different points of the picture."""
    ends, expected = LINES[name]
    assert line_faults(ends) == expected
