"""A piece of road as it was measured with a tape: four points in the picture, six distances.  Pure.

The rules to know: six distances are one more than fix the shape, so that a tape read wrong is
noticed; and no right angle is asked for, which nobody lays out on a road.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.domain import Point

TAPE = 0.05
"""Share by which the side that is not needed may differ from what the others make it: some
centimetres of slack in each of them."""


@dataclass(frozen=True, slots=True)
class Road:
    """The road that was measured.

    Attributes:
        points: four, in order round a quadrilateral on the road, shares of the picture.
        sides_m: metres from the first to the second point, and so on round to the first.
        diagonals_m: metres from the first to the third point, and from the second to the fourth.
        camera_m, plate_m: height of the camera, and of the lower edge of a usual plate, over it.
    """

    points: tuple[Point, Point, Point, Point]
    sides_m: tuple[float, float, float, float]
    diagonals_m: tuple[float, float]
    camera_m: float
    plate_m: float

    def corners_m(self) -> NDArray[np.float64]:
        """(4, 2) the points on the road in metres, the first in the origin; nan for what cannot be.

        The third side is not needed for it.
        """
        first, second, _, fourth = self.sides_m
        across, other = self.diagonals_m
        ahead, beside = _apex(first, across, second), _apex(first, fourth, other)
        return np.array([(0.0, 0.0), (first, 0.0), ahead, beside])

    def fault(self) -> str:
        """What cannot be, in words that begin with the key; empty for nothing."""
        ways = [
            (self.points[n], self.points[(n + 1) % 4], self.points[(n + 2) % 4])
            for n in (0, 1, 2, 3)
        ]
        turns = [_turn(*way) for way in ways]
        if not (min(turns) > 0 or max(turns) < 0):
            return "points: expected four corners, in order round them"
        third = math.dist(*self.corners_m()[2:])
        if math.isnan(third):
            return "sides_m, diagonals_m: expected those of one quadrilateral"
        if abs(third / self.sides_m[2] - 1) > TAPE:
            told = f"the other distances make it {third:.2f}"
            return f"sides_m[#3] = {self.sides_m[2]:g}: {told}, expected within {TAPE:.0%} of that"
        return ""


def _apex(base: float, left: float, right: float) -> tuple[float, float]:
    """The third corner of a triangle over (0, 0) and (base, 0), by its distances from these."""
    x = (base * base + left * left - right * right) / (2 * base)
    squared = left * left - x * x
    return x, math.sqrt(squared) if squared >= 0 else math.nan


def _turn(a: Point, b: Point, c: Point) -> float:
    """Of one sign where the way from a over b to c turns right, of the other where left."""
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
