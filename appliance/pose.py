"""How a plate hangs in the picture, from its four corners, and what that says of the camera.  Pure.

A plate is small against its distance (half a metre at five), so its picture is nearly a
parallelogram.  With a scale s (pixels a metre) a plate of w by h metres, hung upright and level,
seen from beside by `yaw` and from above by `pitch`, has the edges

    u = s w (cos yaw, sin yaw sin pitch)        v = s h (0, cos pitch)

in a level camera's picture, and both turned by `roll` in another's (weak perspective: Hartley and
Zisserman, Multiple View Geometry, 2nd ed., 6.3; the plate is turned about its upright axis, then
about the picture's horizontal one). The rule to know: **the detector's corners tell u and the
plate's height, not the direction of v.** Its upright edges, 30 px long, come out square to the long
ones whatever the view: in photographs turned so that u was inclined by 12 degrees and v by none it
gave 13 and 10 (`tools/calibrate_aim`). So from the corners we take

* tilt, the inclination of u, to 1 degree: roll + atan(tan yaw sin pitch).  A camera that hangs
  askew and a level one that stands above *and* aside give the same tilt, and nothing in one plate
  tells them apart;
* the seen ratio of width to height: w/h cos yaw / cos pitch in a level camera's picture.

Two numbers and three angles: if the camera is level, and somebody knows the format w/h, both give
yaw and pitch; else tilt is all that is told. A ratio that is 5 % off makes 18 degrees of a view
from ahead, and errs by 4 at 30 aside and 15 above. Never told are the focal length and the distance
(both are in s), and whether the camera is above or below (the plate turned the other way gives the
same parallelogram; only the edges' convergence differs, at 30 degrees and five metres by 1.6 px of
30, no more than corners err): we take it to be above, and the sign of tilt says the side. The
angles are those against the line of sight, not against the camera's axis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from appliance.domain import Point, Quad

LONG_PLATES = (
    "at", "ba", "be", "bg", "by", "cy", "cz", "de", "dk", "ee", "es", "fi", "fr", "gr",
    "hr", "hu", "ie", "is", "lt", "lu", "lv", "md", "me", "mk", "mt", "nl", "no", "pl",
    "pt", "ro", "rs", "ru", "se", "si", "sk", "tr", "ua",
)  # fmt: skip
"""Countries where nearly all cars have plates of one line, 520 by 110 mm."""
FORMAT = 4.2
"""Width over height of these from ahead *as the detector's corners give it*, which take in a rim or
a holder (by the millimetres it were 4.7): the third quartile of 46 photographs from Croatia and 40
from Romania, most of them nearly from ahead, whose medians are 4.06 and 4.01.  Others are not
known: too few photographs, more formats than one."""
NARROWEST, WIDEST = 0.55, 1.4
"""Shares of the format that a plate may seem to have, by yaw and pitch; beyond it is another."""


@dataclass(frozen=True, slots=True)
class Pose:
    """How a plate hangs.

    Attributes:
        tilt_deg: of its long edges against the picture's; positive where they sink to the right.
        ratio: its width over its height, as a level camera would see it.
        width: pixels along its long edges.
    """

    tilt_deg: float
    ratio: float
    width: float


@dataclass(frozen=True, slots=True)
class View:
    """From where a plate of known format is seen, by a level camera, in degrees.

    Attributes:
        yaw_deg: from the side; positive where the long edges sink to the right.
        pitch_deg: from above, never negative.
    """

    yaw_deg: float
    pitch_deg: float


def pose(quad: Quad) -> Pose | None:
    """How a plate hangs; None for corners that are no plate's: on a line, mirrored, not finite."""
    a, b, c, d = quad.corners
    right, down = _mean(_way(a, b), _way(d, c)), _mean(_way(a, d), _way(b, c))
    width, turn = math.hypot(*right), right[0] * down[1] - right[1] * down[0]
    if not math.isfinite(turn) or turn <= 1e-3 * width * math.hypot(*down):
        return None
    height, level = turn / width, right[0] / width
    if min(width, height) < 1:
        return None
    return Pose(math.degrees(math.atan2(right[1], right[0])), width * level**2 / height, width)


def view(seen: Pose, region: str | None) -> View | None:
    """Yaw and pitch of a plate; None where the region has no format, or the plate another one.

    With k = (format / ratio)^2 and t = tan tilt, c = cos^2 pitch solves c^2 - (1 + k + t^2) c + k
    = 0; the smaller root is the one that a cosine can have.
    """
    if region not in LONG_PLATES or not NARROWEST <= seen.ratio / FORMAT <= WIDEST:
        return None
    slope = math.tan(math.radians(seen.tilt_deg))
    k = (FORMAT / seen.ratio) ** 2
    half = (1 + k + slope * slope) / 2
    c = min(1.0, half - math.sqrt(max(0.0, half * half - k)))
    yaw = math.acos(min(1.0, math.sqrt(c / k)))
    return View(
        math.degrees(math.copysign(yaw, slope)),
        math.degrees(math.acos(math.sqrt(c))),
    )


def _way(start: Point, end: Point) -> Point:
    return end[0] - start[0], end[1] - start[1]


def _mean(one: Point, other: Point) -> Point:
    """Of opposite edges: what their convergence adds to one it takes from the other."""
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2
