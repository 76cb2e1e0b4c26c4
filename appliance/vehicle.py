"""One vehicle as the camera sees its plate: the figures that tell how it is aimed.  Pure.

The rule to know: they are taken where the plate is largest among those surely read, for there the
vote takes its text from; a figure that nobody can measure is None.  No plate stands in them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from appliance.domain import Box, Quad, Sighting
from appliance.exposure import Shot
from appliance.pose import pose, view

USUAL = 7
"""Characters of a plate that nobody could read."""
ROWS = 1.8
"""Width over height below which a plate of many characters has them in two rows: Europe's squarest
plate of one row has 3, North America's 2, its plates of two rows 1.4 to 1.55."""
MANY = 5
"""Characters from which two rows are likely there."""
SURE, LEGIBLE = 0.9, 4
"""Confidence from which a read is surely right, and the characters that make it a plate's."""
STEP_S = 0.5
"""Between two sightings at most, for the speed between them to be that of either."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle as the camera sees its plate, where that is the largest and read.

    Attributes:
        px_per_char: pixels from one character to the next.
        sharpness: 0 smeared to 1 crisp.
        burnt, black, contrast: as in Tones; None where nobody measured it.
        tilt_deg: as in Pose; None for corners that are no plate's.
        yaw_deg, pitch_deg: as in View, neither negative; None where nobody knows the format.
        exposure_s: seconds; None where the camera does not say.
        smear_px: pixels that the plate moved meanwhile; None as before.
        edge: plate widths between it and the picture's nearer side, where that is farthest and it
            is surely read.
        travel_deg: of its way in the picture, 0 up or down to 90 across; None for one sighting.
        is_read: something was read at all.
        reads: sightings in which it was; None for a photograph.
        quad: the plate's corners there.
    """

    px_per_char: float
    sharpness: float
    burnt: float | None
    black: float | None
    contrast: float | None
    tilt_deg: float | None
    yaw_deg: float | None
    pitch_deg: float | None
    exposure_s: float | None
    smear_px: float | None
    edge: float
    travel_deg: float | None
    is_read: bool
    reads: int | None
    quad: Quad


def alone(sighting: Sighting, image_size: tuple[int, int], shot: Shot | None = None) -> Vehicle:
    """What one sighting says, as of a photograph."""
    return replace(vehicle([sighting], image_size, shot), reads=None)


def vehicle(
    sightings: Sequence[Sighting], image_size: tuple[int, int], shot: Shot | None = None
) -> Vehicle:
    """What the sightings of one track say.

    Args:
        sightings: oldest first, at least one.
        image_size: width and height of the frame in pixels.
        shot: how the frames were taken, as far as the camera says.
    """
    n = max(range(len(sightings)), key=lambda i: _worth(sightings[i]))
    best, box = sightings[n], sightings[n].detection.box
    hangs, light = pose(best.detection.quad), best.tones
    seen = view(hangs, best.read.region) if hangs else None
    width = hangs.width if hangs else box.width
    speed = _speed(sightings[max(0, n - 1) : n + 2]) if shot else None
    return Vehicle(
        px_per_char=width / _abreast(best, hangs.ratio if hangs else math.inf),
        sharpness=best.sharpness,
        burnt=light.burnt if light else None,
        black=light.black if light else None,
        contrast=light.contrast if light else None,
        tilt_deg=hangs.tilt_deg if hangs else None,
        yaw_deg=abs(seen.yaw_deg) if seen else None,
        pitch_deg=seen.pitch_deg if seen else None,
        exposure_s=shot.exposure_s if shot else None,
        smear_px=speed * shot.exposure_s if shot and speed is not None else None,
        edge=_edge(sightings, image_size[0]),
        travel_deg=_travel(sightings),
        is_read=any(map(_is_legible, sightings)),
        reads=sum(map(_is_legible, sightings)),
        quad=best.detection.quad,
    )


def _worth(sighting: Sighting) -> tuple[bool, bool, float]:
    """Surely read before read before neither; the largest of these."""
    is_read = _is_legible(sighting)
    return is_read and sighting.read.confidence >= SURE, is_read, sighting.detection.box.width


def _is_legible(sighting: Sighting) -> bool:
    return len(sighting.read.text) >= LEGIBLE


def _abreast(sighting: Sighting, ratio: float) -> int:
    """Characters beside each other."""
    characters = len(sighting.read.text) if _is_legible(sighting) else USUAL
    rows = 2 if ratio < ROWS and characters >= MANY else 1
    return math.ceil(characters / rows)


def _speed(sightings: Sequence[Sighting]) -> float | None:
    """Pixels a second, from the first to the last; None where that says nothing."""
    first, last = sightings[0], sightings[-1]
    elapsed = last.at - first.at
    if not 0 < elapsed <= STEP_S * (len(sightings) - 1):
        return None
    return math.dist(first.detection.box.centre, last.detection.box.centre) / elapsed


def _edge(sightings: Sequence[Sighting], width: int) -> float:
    """Plate widths to the nearer side: one who crosses the picture comes near both."""
    surest = max(_worth(sighting)[:2] for sighting in sightings)
    boxes = [s.detection.box for s in sightings if _worth(s)[:2] == surest]
    return max(_inside(box, width) for box in boxes)


def _inside(box: Box, width: int) -> float:
    return min(box.x1, width - box.x2) / max(1.0, box.width)


def _travel(sightings: Sequence[Sighting]) -> float | None:
    """Degrees from upright, of a way of at least a plate's width."""
    first, last = sightings[0].detection.box, sightings[-1].detection.box
    (x, y), (u, v) = first.centre, last.centre
    if math.hypot(u - x, v - y) < max(1.0, min(first.width, last.width)):
        return None
    return math.degrees(math.atan2(abs(u - x), abs(v - y)))
