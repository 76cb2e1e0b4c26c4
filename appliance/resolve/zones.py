"""Where in the picture plates count, where they do not, and the line that is counted at.  Pure.

All places are shares of the picture's width and height, 0 to 1 from the top left, so that they
stay right when the camera's resolution changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from appliance.domain import Crossing, Point

Polygon = tuple[Point, ...]
LEAST_CORNERS = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line to count at.  Who looks along it from `start` to `end` sees "in" go left to right.

    Attributes:
        start, end: its ends, shares of the picture.
    """

    start: Point
    end: Point

    def crossed(self, path: Sequence[Point]) -> Crossing:
        """Which way a path went over it in the end; a jitter to and fro on it cancels out."""
        net = sum(self._step(before, after) for before, after in pairwise(path))
        return "none" if net == 0 else "in" if net > 0 else "out"

    def _step(self, before: Point, after: Point) -> int:
        """1 for a step in, -1 for one out, 0 for one that does not cross.

        A point on the line counts as inside, so that no two steps both cross there.
        """
        was, now = _turn(self.start, self.end, before) >= 0, _turn(self.start, self.end, after) >= 0
        if was == now or not _apart(before, after, self.start, self.end):
            return 0
        return 1 if now else -1


@dataclass(frozen=True, slots=True)
class Zones:
    """Where plates count.

    Attributes:
        watch: plates count only within one of these, if there are any.
        ignore: plates within one of these do not.
        line: to count at; None for none.
    """

    watch: tuple[Polygon, ...] = ()
    ignore: tuple[Polygon, ...] = ()
    line: Line | None = None

    def is_ignored(self, point: Point) -> bool:
        """Whether a place lies in an ignored zone."""
        return any(inside(point, polygon) for polygon in self.ignore)

    def is_watched(self, point: Point) -> bool:
        """Whether a place lies where plates count."""
        return not self.watch or any(inside(point, polygon) for polygon in self.watch)


EVERYWHERE = Zones()


def inside(point: Point, polygon: Polygon) -> bool:
    """Whether a point lies in a polygon: a ray to the right meets its edges an odd number of times.

    A point on an edge that two polygons share lies in exactly one of them.
    """
    x, y = point
    odd = False
    for (x1, y1), (x2, y2) in _edges(polygon):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
            odd = not odd
    return odd


def polygon_faults(name: str, polygon: Polygon) -> list[str]:
    """What is wrong with a polygon, in words that begin with `name`; empty for nothing."""
    if len(polygon) < LEAST_CORNERS:
        count = len(polygon)
        return [f"{name}: {count} points, expected at least {LEAST_CORNERS} corners of a polygon"]
    faults = _places(name, polygon)
    if faults:
        return faults
    for (i, (a, b)), (j, (c, d)) in combinations(enumerate(_edges(polygon)), 2):
        neighbours = j - i == 1 or (i == 0 and j == len(polygon) - 1)
        if not neighbours and _cross(a, b, c, d):
            return [f"{name}: the edge from point {i + 1} crosses the edge from point {j + 1}"]
    return [] if abs(_area(polygon)) > 0 else [f"{name}: all its points lie on one line"]


def line_faults(name: str, line: Line) -> list[str]:
    """What is wrong with a line, in words that begin with `name`; empty for nothing."""
    if line.start == line.end:
        return [f"{name}: both points are {line.start}, expected two different ones"]
    return _places(name, (line.start, line.end))


def _places(name: str, points: Sequence[Point]) -> list[str]:
    """The points that lie outside the picture."""
    return [
        f"{name}: point {number} is ({x:g}, {y:g}), expected shares of the picture from 0 to 1"
        for number, (x, y) in enumerate(points, 1)
        if not (0 <= x <= 1 and 0 <= y <= 1)
    ]


def _edges(polygon: Polygon) -> list[tuple[Point, Point]]:
    return list(zip(polygon, (*polygon[1:], polygon[0]), strict=True))


def _area(polygon: Polygon) -> float:
    """Twice the area, its sign the sense of rotation (the shoelace formula)."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in _edges(polygon))


def _turn(a: Point, b: Point, c: Point) -> float:
    """Positive where c lies to the right of the way from a to b, y counted downwards."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _apart(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether c and d lie on different sides of the way from a to b, or on it."""
    return _turn(a, b, c) * _turn(a, b, d) <= 0


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two edges meet, touching included, unless both lie on one line."""
    parallel = _turn(a, b, c) == _turn(a, b, d) == 0
    return not parallel and _apart(a, b, c, d) and _apart(c, d, a, b)
