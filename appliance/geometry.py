"""Points, polygons and lines of the picture, and what may be wrong with them.  Pure.

All places are shares of the picture's width and height, 0 to 1 from the top left, so that they
stay right when the camera's resolution changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from appliance.domain import Point

Polygon = tuple[Point, ...]
LEAST_CORNERS, ENDS = 3, 2


def polygon_faults(corners: Polygon) -> list[str]:
    """What is wrong with a polygon, in words; empty for nothing."""
    if len(corners) < LEAST_CORNERS:
        return [f"{len(corners)} points, expected at least {LEAST_CORNERS} corners of a polygon"]
    faults = _places(corners)
    if faults:
        return faults
    for (i, (a, b)), (j, (c, d)) in combinations(enumerate(edges(corners)), 2):
        neighbours = j - i == 1 or (i == 0 and j == len(corners) - 1)
        if not neighbours and _cross(a, b, c, d):
            return [f"the edge from point {i + 1} crosses the edge from point {j + 1}"]
    return [] if abs(_area(corners)) > 0 else ["all its points lie on one line"]


def line_faults(ends: Sequence[Point]) -> list[str]:
    """What is wrong with a line, in words; empty for nothing."""
    if len(ends) != ENDS:
        return [f"{len(ends)} points, expected the {ENDS} ends of a line"]
    if ends[0] == ends[1]:
        return [f"both points are {_shown(ends[0])}, expected two different ones"]
    return _places(ends)


def edges(corners: Polygon) -> list[tuple[Point, Point]]:
    """The sides of a polygon, the last one back to its first corner."""
    return list(zip(corners, (*corners[1:], corners[0]), strict=True))


def turn(a: Point, b: Point, c: Point) -> float:
    """Positive where c lies to the right of the way from a to b, y counted downwards."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def apart(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether c and d lie on different sides of the way from a to b, or on it."""
    return turn(a, b, c) * turn(a, b, d) <= 0


def _places(points: Sequence[Point]) -> list[str]:
    """The points that lie outside the picture."""
    return [
        f"point {number} is {_shown((x, y))}, expected shares of the picture from 0 to 1"
        for number, (x, y) in enumerate(points, 1)
        if not (0 <= x <= 1 and 0 <= y <= 1)
    ]


def _shown(point: Point) -> str:
    """As TOML has it."""
    return f"[{point[0]:g}, {point[1]:g}]"


def _area(corners: Polygon) -> float:
    """Twice the area, its sign the sense of rotation (the shoelace formula)."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in edges(corners))


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two edges meet, touching included, unless both lie on one line."""
    parallel = turn(a, b, c) == turn(a, b, d) == 0
    return not parallel and apart(a, b, c, d) and apart(c, d, a, b)
