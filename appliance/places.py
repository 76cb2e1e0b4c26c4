"""The places of the picture in the configuration: `[[zone]]`, the counting line.  Pure.

The rule to know: places are shares of the picture, so a fault here is mostly a place in pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from appliance.domain import Point
from appliance.faults import PLACE
from appliance.geometry import Polygon, line_faults, polygon_faults
from appliance.section import Section

FORM = "points such as [[0, 0], [0.3, 0], [0, 0.4]]"


def _points(value: object) -> tuple[Point, ...]:
    """Lists of two numbers, as points."""
    if not isinstance(value, list | tuple) or not all(map(_is_point, value)):
        raise PydanticCustomError("points", "{expected}", {"expected": f"expected {FORM}"})
    return tuple((float(x), float(y)) for x, y in value)


def _is_point(value: object) -> bool:
    if not isinstance(value, list | tuple) or len(value) != len(("x", "y")):
        return False
    return all(isinstance(share, int | float) and not isinstance(share, bool) for share in value)


def _without(
    faults_of: Callable[[tuple[Point, ...]], list[str]],
) -> Callable[[tuple[Point, ...]], tuple[Point, ...]]:
    """A check that tells every fault at once."""

    def check(points: tuple[Point, ...]) -> tuple[Point, ...]:
        if faults := faults_of(points):
            raise PydanticCustomError(PLACE, "{why}", {"why": "; ".join(faults)})
        return points

    return check


def _line_or_none(points: tuple[Point, ...]) -> list[str]:
    return line_faults(points) if points else []


Corners = Annotated[
    tuple[Point, ...], BeforeValidator(_points), AfterValidator(_without(polygon_faults))
]
Ends = Annotated[
    tuple[Point, ...], BeforeValidator(_points), AfterValidator(_without(_line_or_none))
]
"""The two ends of a line; empty for none."""


class Zone(Section):
    """One `[[zone]]`: an area of the picture."""

    # watch: plates count only within one of these, if there are any; ignore: plates within do not
    # count; blackout: its pixels are black before anything sees them
    kind: Literal["watch", "ignore", "blackout"]
    corners: Corners = Field(description=FORM)


def corners_of(zones: Sequence[Zone], kind: str) -> tuple[Polygon, ...]:
    """The polygons of all zones of one kind."""
    return tuple(zone.corners for zone in zones if zone.kind == kind)
