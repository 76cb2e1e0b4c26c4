"""What passes through a lane, or stands in it, and has no plate: it hides those that have one.

The rule to know: these are models as in `vehicles`, in metres, their faces stored far to near.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np

from tools.train.vehicles import (
    BLACK,
    CHROME,
    LENS,
    Colour,
    Face,
    Model,
    Solid,
    bar,
    blob,
    flat,
    oval,
)

NONE: Solid = np.zeros((0, 3))
LORRY = (2.5, 9.0)
CAB_END = 2.0
SKIN: Colour = (140, 165, 205)
SKIRT, SHADE = 0.9, 0.75
"""Metres from the road to the loading bed; how much darker the flank is than the front."""


def lorry(paint: Colour) -> Model:
    """A box lorry that comes nearer, 3.6 m high."""
    half, length = LORRY[0] / 2, LORRY[1]
    faces = [
        *_flank(half, (length, CAB_END + 0.3), (SKIRT, 3.6), (196, 198, 200)),
        *_flank(half, (length, 0.1), (0.35, SKIRT), (46, 45, 44)),
        *_wheels(half),
        Face(_across(-half, half, 2.6, 3.6, CAB_END + 0.3), (222, 224, 226)),
        *_flank(half, (CAB_END, 0.0), (SKIRT, 2.9), paint),
        *_flank(half, (1.4, 0.5), (1.7, 2.5), (60, 54, 48)),
        Face(_across(-half, half, 0.45, 2.9, 0.0), paint),
        Face(_across(-half + 0.12, half - 0.12, 1.6, 2.55, -0.01), (72, 62, 52)),
        flat(oval(0, 1.15, 1.5, 0.45, 8), BLACK, -0.02),
        Face(_across(-half, half, 0.35, 0.6, -0.02), (52, 50, 49)),
    ]
    for x in (-0.95, 0.95):
        faces += [flat(oval(x, 0.78, 0.36, 0.2, 4), CHROME, -0.03)]
        faces += [flat(oval(x, 0.78, 0.3, 0.15, 4), LENS, -0.04)]
    lamps = np.array([(-0.95, 0.78, -0.05), (0.95, 0.78, -0.05)])
    return Model(tuple(faces), NONE, lamps, LORRY)


def post(paint: Colour) -> Model:
    """A round post of 14 cm, 3 m high."""
    edges = np.linspace(-0.07, 0.07, 8)
    light = np.linspace(0.55, 1.05, 7)
    faces = tuple(
        Face(_across(left, right, 0.0, 3.0, 0.0), _dimmed(paint, share))
        for (left, right), share in zip(pairwise(edges.tolist()), light.tolist(), strict=True)
    )
    return Model(faces, NONE, NONE, (0.2, 0.2))


def walker(paint: Colour) -> Model:
    """Somebody of 1.75 m who walks across, seen from the side."""
    faces = [
        *bar([(-0.02, 0.85), (-0.14, 0.45), (-0.24, 0.06)], 0.16, (70, 56, 48), 0.1),
        *blob((0, 1.15, 0.4, 0.72), paint, 0.05),
        *bar([(0.02, 0.85), (0.14, 0.45), (0.2, 0.06)], 0.16, (78, 62, 54), 0.04),
        *bar([(0.02, 1.42), (0.1, 1.15), (0.2, 0.95)], 0.11, paint, 0.02),
        *blob((0, 1.62, 0.2, 0.26), SKIN, 0.0),
        *blob((-0.02, 1.69, 0.2, 0.15), (38, 44, 52), -0.01),
    ]
    return Model(tuple(faces), NONE, NONE, (0.5, 0.3))


FORMS: dict[str, Callable[[Colour], Model]] = {"lorry": lorry, "post": post, "walker": walker}


def _dimmed(colour: Colour, share: float) -> Colour:
    blue, green, red = (min(255.0, channel * share) for channel in colour)
    return blue, green, red


def _across(left: float, right: float, low: float, high: float, z: float) -> Solid:
    """A rectangle across the road, (4, 3)."""
    return np.array([(left, high, z), (right, high, z), (right, low, z), (left, low, z)])


def _flank(
    x: float, span: tuple[float, float], rows: tuple[float, float], paint: Colour
) -> Iterable[Face]:
    """The right side from far to near in short pieces: what is beside the camera is cut off."""
    low, high = rows
    stops = np.linspace(*span, max(2, round(8 * abs(span[0] - span[1])))).tolist()
    for far, near in pairwise(stops):
        corners = [(x, high, far), (x, high, near), (x, low, near), (x, low, far)]
        yield Face(np.array(corners), _dimmed(paint, SHADE))


def _wheels(half: float) -> Iterable[Face]:
    for z in (7.4, 6.2, 1.0):
        for share, colour in ((1.0, BLACK), (0.55, (120, 120, 118))):
            ring = oval(0, 0.5, share, share, 2)
            flank = np.stack([np.full(len(ring), half + 0.01), ring[:, 1], z + ring[:, 0]], 1)
            yield Face(flank, colour)
