"""Where in the picture plates count, where they do not, and the line that is counted at.  Pure.

All places are shares of the picture's width and height, 0 to 1 from the top left, so that they
stay right when the camera's resolution changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from appliance.domain import Crossing, Point
from appliance.geometry import Polygon, apart, edges, turn


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
        was, now = turn(self.start, self.end, before) >= 0, turn(self.start, self.end, after) >= 0
        if was == now or not apart(before, after, self.start, self.end):
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
    for (x1, y1), (x2, y2) in edges(polygon):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
            odd = not odd
    return odd
