"""Simple solid vehicles for the clip.

The rule to know: the world is in metres, x to the right, y up from the road, z away from the
camera; a model's z counts from the end that faces the camera. Faces are stored far to near and
painted in that order, which is right for a vehicle seen along the road from its right.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Colour = tuple[float, float, float]
Solid = NDArray[np.float64]

BLACK: Colour = (22, 21, 20)
CHROME: Colour = (205, 205, 200)
LENS: Colour = (225, 222, 215)
RED: Colour = (35, 25, 190)
SUN = np.array([0.45, 0.75, -0.48])
SILL, SIDE_WINDOW, RAIL = 0, 5, 6  # segments of half an outline, up to the middle of the roof
ROUND = ((-1, 1), (1, 1), (1, -1), (-1, -1))  # from the top left clockwise


@dataclass(frozen=True, slots=True)
class Face:
    """A flat convex polygon, (N, 3) metres, of one BGR colour."""

    points: Solid
    colour: Colour


@dataclass(frozen=True, slots=True)
class Model:
    """A vehicle: its faces far to near, the plate's four corners and its head-lamps, (N, 3)."""

    faces: tuple[Face, ...]
    plate: Solid
    lamps: Solid
    footprint: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Shape:
    """A car's form: `profile` rows are z, share of the width, belt height and roof height.

    `screen` is where the glass next to the facing end begins and ends, `cabin` where the cabin
    ends, all in z; `rear` whether the rear faces the camera.
    """

    width: float
    base: float
    wheel: float
    profile: tuple[tuple[float, float, float, float], ...]
    screen: tuple[float, float]
    cabin: float
    plate_height: float
    rear: bool = False
    axles: tuple[float, float] = (0.78, 3.35)


SHAPES: dict[str, Shape] = {
    "saloon": Shape(1.8, 0.2, 0.32, (
        (0, 0.87, 0.68, 0.68), (0.04, 0.93, 0.73, 0.73), (0.13, 0.98, 0.77, 0.77),
        (0.35, 1, 0.81, 0.81), (1.1, 1, 0.93, 0.93), (1.8, 1, 0.95, 1.38), (2.3, 1, 0.96, 1.44),
        (3.0, 1, 0.97, 1.42), (3.7, 1, 0.98, 1.05), (4.3, 0.95, 0.95, 0.75)),
        (1.1, 1.85), 3.6, 0.46),
    "hatch": Shape(1.72, 0.2, 0.31, (
        (0, 0.88, 0.74, 0.74), (0.04, 0.94, 0.79, 0.79), (0.13, 0.98, 0.84, 0.84),
        (0.35, 1, 0.89, 0.89), (0.9, 1, 0.98, 0.98), (1.55, 1, 1.0, 1.45), (2.1, 1, 1.01, 1.52),
        (3.2, 1, 1.02, 1.49), (3.7, 0.97, 1.02, 1.1), (3.8, 0.94, 1.0, 1.0)),
        (0.9, 1.6), 3.5, 0.48, axles=(0.7, 3.15)),
    "pickup": Shape(1.96, 0.34, 0.39, (
        (0, 0.92, 1.02, 1.02), (0.04, 0.96, 1.07, 1.07), (0.14, 0.99, 1.1, 1.1),
        (0.4, 1, 1.13, 1.13), (1.2, 1, 1.18, 1.18), (1.75, 1, 1.2, 1.72), (2.2, 1, 1.2, 1.8),
        (3.2, 1, 1.2, 1.78), (3.4, 1, 1.2, 1.2), (5.2, 1, 1.2, 1.2)),
        (1.2, 1.8), 3.3, 0.68, axles=(0.9, 4.1)),
    "estate": Shape(1.78, 0.22, 0.32, (
        (0, 0.93, 0.96, 0.96), (0.03, 0.97, 0.99, 1.0), (0.4, 1, 1.0, 1.4), (0.7, 1, 1.0, 1.46),
        (2.4, 1, 0.98, 1.47), (3.2, 1, 0.95, 0.97), (4.2, 0.97, 0.8, 0.8), (4.3, 0.9, 0.7, 0.7)),
        (0.02, 0.45), 2.9, 0.62, rear=True, axles=(0.85, 3.5)),
}  # fmt: skip


def car(kind: str, paint: Colour, plate: tuple[float, float]) -> Model:
    """A car of `SHAPES` in a colour, with room for a plate of (width, height) metres."""
    shape = SHAPES[kind]
    keyed = [*_hull(shape, paint), *_wheels(shape), *_mirrors(shape, paint)]
    keyed.sort(key=lambda item: -item[0])
    details = _tail(shape, plate) if shape.rear else _nose(shape, plate)
    lamp = (0.37 * shape.width, 0.78 * shape.profile[1][2], -0.02)
    lamps = np.array([] if shape.rear else [lamp, (-lamp[0], *lamp[1:])]).reshape(-1, 3)
    corners = _standing(0.0, shape.plate_height, plate)
    faces = (*(face for _, face in keyed), *_cap(shape, paint), *details)
    return Model(faces, corners, lamps, (shape.width, shape.profile[-1][0]))


def motorcycle(paint: Colour, plate: tuple[float, float]) -> Model:
    """A motorcycle with its rider, seen from behind."""
    jacket: Colour = (85, 60, 40)
    faces = [
        flat(oval(0, 0.3, 0.11, 0.6, 5), BLACK, 1.2),
        *bar([(-0.37, 1.04), (0.37, 1.04)], 0.04, BLACK, 0.75),
        *(f for x in (-0.4, 0.4) for f in blob((x, 1.17, 0.15, 0.1), (60, 60, 60), 0.75)),
        *(f for x in (-1, 1) for f in _limb(x, jacket)),
        *blob((0, 1.12, 0.44, 0.62), jacket, 0.34),
        flat(oval(0, 1.2, 0.42, 0.05, 4), (190, 200, 195), 0.33),
        *blob((0, 1.55, 0.25, 0.29), paint, 0.34),
        *blob((0, 0.8, 0.4, 0.22), (48, 42, 38), 0.25),
        *blob((0.19, 0.36, 0.11, 0.13), (120, 120, 118), 0.1),
        flat(oval(0, 0.31, 0.13, 0.62, 5), BLACK, 0.12),
        *blob((0, 0.74, 0.24, 0.2), paint, 0.06),
        flat(oval(0, 0.75, 0.15, 0.06, 3), RED, 0.05),
        *(flat(oval(x, 0.7, 0.07, 0.05, 3), (40, 130, 230), 0.04) for x in (-0.19, 0.19)),
        flat(oval(0, 0.52, plate[0] + 0.015, plate[1] + 0.015, 12), BLACK, 0.0),
    ]
    return Model(tuple(faces), _standing(0.0, 0.52, plate), np.zeros((0, 3)), (0.5, 1.9))


def _limb(side: int, jacket: Colour) -> list[Face]:
    """An arm to the handlebar and a leg to its footrest."""
    arm = [(side * x, y) for x, y in ((0.2, 1.32), (0.33, 1.12), (0.34, 1.03))]
    leg = [(side * x, y) for x, y in ((0.14, 0.82), (0.24, 0.66), (0.2, 0.32))]
    return [*bar(arm, 0.12, jacket, 0.45), *bar(leg, 0.15, (58, 46, 40), 0.45)]


def _shade(colour: Colour, normal: Solid) -> Colour:
    """The colour of a painted surface that looks along `normal`, in sun and sky light."""
    normal = normal / max(1e-9, float(np.linalg.norm(normal)))
    light = 0.4 + 0.5 * max(0.0, float(normal @ SUN)) + 0.14 * max(0.0, float(normal[1]))
    sheen = 46 * max(0.0, float(normal[1])) ** 2
    blue, green, red = (min(255.0, channel * light + sheen) for channel in colour)
    return blue, green, red


def _outline(shape: Shape, z: float) -> Solid:
    """The car's section at `z`, (18, 2), from the left sill over the roof to the right."""
    table = np.array(shape.profile)
    share, belt, roof = (float(np.interp(z, table[:, 0], table[:, i])) for i in (1, 2, 3))
    half, cabin = share * shape.width / 2, roof - belt
    rail = 0.9 * half - 0.36 * cabin
    right = [
        (0.86 * half, shape.base), (0.97 * half, shape.base + 0.07), (half, 0.46 * belt + 0.05),
        (half, belt - 0.2), (0.975 * half, belt - 0.06), (0.93 * half, belt),
        (rail, belt + 0.9 * cabin), (rail - 0.07, belt + 0.97 * cabin + 0.012),
        (0.4 * half, roof + 0.03),
    ]  # fmt: skip
    return np.array([(-x, y) for x, y in right] + right[::-1])


def _hull(shape: Shape, paint: Colour) -> Iterable[tuple[float, Face]]:
    """The body as quadrilaterals between sections, each with the z that orders it."""
    pieces = [
        np.linspace(a[0], b[0], 24 if b[3] > a[3] + 0.2 else 6) for a, b in pairwise(shape.profile)
    ]
    stops = np.unique(np.concatenate(pieces))
    for near, far in pairwise(stops):
        front, back = (np.insert(_outline(shape, z), 2, z, 1) for z in (near, far))
        for k in range(len(front) - 1):
            quad = np.array([front[k], front[k + 1], back[k + 1], back[k]])
            segment = min(k, len(front) - 2 - k)
            yield near, Face(quad, _surface(shape, paint, quad, segment))


def _surface(shape: Shape, paint: Colour, quad: Solid, segment: int) -> Colour:
    """What one quadrilateral of the body shows: paint, plastic or glass."""
    middle = quad.mean(0)
    normal = np.cross(quad[1] - quad[0], quad[3] - quad[0])
    outward = middle - (0, 0.6, middle[2])
    normal = normal if normal @ outward > 0 else -normal
    start, end = shape.screen
    if segment == SILL:
        return BLACK
    if segment > RAIL and start <= middle[2] <= end:
        share = (middle[1] - shape.profile[4][2] + 0.1) / 0.6
        return _mix((50, 44, 38), (185, 172, 155), share)
    pillar = abs(middle[2] - (end + shape.cabin) / 2) < 0.07
    if segment == SIDE_WINDOW and end - 0.25 < middle[2] < shape.cabin and not pillar:
        return _mix((40, 36, 32), (120, 110, 100), (middle[2] - end) / 2)
    return _shade(paint, normal)


def _mix(low: Colour, high: Colour, share: float) -> Colour:
    share = min(1.0, max(0.0, float(share)))
    blue, green, red = (a + (b - a) * share for a, b in zip(low, high, strict=True))
    return blue, green, red


def _cap(shape: Shape, paint: Colour) -> Iterable[Face]:
    """The facing end, shaded as if it bulged."""
    right = _outline(shape, 0.0)[9:][::-1]
    rows = np.linspace(shape.base, right[-1][1], 19)
    halves = np.interp(rows, right[:, 1], right[:, 0])
    columns = ((-1, -0.9, -0.9), (-0.9, -0.7, -0.4), (-0.7, 0.7, 0), (0.7, 0.9, 0.4), (0.9, 1, 0.9))
    for i in range(len(rows) - 1):
        tilt = np.interp(i / len(rows), [0, 0.2, 0.45, 0.5, 0.8, 1], [-0.9, -0.2, 0.3, -0.25, 0, 1])
        for left, end, turn in columns:
            (low, high), (y, top) = halves[i : i + 2], rows[i : i + 2]
            corners = [(left * low, y), (end * low, y), (end * high, top), (left * high, top)]
            yield flat(np.array(corners), _shade(paint, np.array([turn, tilt, -1.0])), 0.0)


def _nose(shape: Shape, plate: tuple[float, float]) -> Iterable[Face]:
    """Grille, lamps, intake and the plate's holder."""
    width, top, base = shape.width, shape.profile[0][2], shape.base
    grille = max(shape.plate_height + plate[1] / 2 + 0.03, 0.76 * top)
    tall = min(0.3, 2 * (top - 0.03 - grille)) if top > 0.9 else 0.1
    yield flat(oval(0, base + 0.09, 0.66 * width, 0.13, 7), BLACK)
    yield flat(oval(0, base + 0.015, 0.84 * width, 0.06, 7), (38, 37, 36))
    yield flat(oval(0, grille, 0.46 * width, tall + 0.02, 8), CHROME)
    yield flat(oval(0, grille, 0.45 * width, tall, 8), BLACK)
    for y in np.linspace(grille - tall / 2, grille + tall / 2, 5)[1:-1]:
        yield flat(oval(0, float(y), 0.43 * width, 0.007, 8), (130, 130, 128))
    yield from blob((0, grille, 0.1, 0.1), CHROME, -0.02)
    for x in (-0.365 * width, 0.365 * width):
        yield flat(oval(x, 0.78 * top, 0.2 * width, 0.145, 4), (55, 52, 50))
        yield flat(oval(x, 0.78 * top, 0.185 * width, 0.125, 4), (165, 160, 152))
        yield from blob((x * 0.98, 0.78 * top, 0.11, 0.11), LENS, -0.02)
        yield flat(oval(x * 1.1, base + 0.1, 0.06, 0.05, 2), LENS)
    yield flat(oval(0, shape.plate_height, plate[0] + 0.03, plate[1] + 0.025, 14), BLACK)


def _tail(shape: Shape, plate: tuple[float, float]) -> Iterable[Face]:
    """Tail-lamps, tailgate seam, bumper and the plate's recess."""
    width, base, y = shape.width, shape.base, shape.plate_height
    yield flat(oval(0, base + 0.06, 0.9 * width, 0.15, 8), (48, 46, 45))
    yield flat(oval(0, 0.46, 0.88 * width, 0.012, 8), BLACK)
    yield flat(oval(0, y + 0.01, plate[0] + 0.16, plate[1] + 0.09, 8), (70, 68, 66))
    yield flat(oval(0, y + plate[1] / 2 + 0.045, 0.5, 0.025, 6), CHROME)
    for x in (-0.405 * width, 0.405 * width):
        yield flat(oval(x, 0.75, 0.14 * width, 0.27, 5), (30, 22, 120))
        yield flat(oval(x, 0.79, 0.11 * width, 0.13, 5), RED)
        yield flat(oval(x, 0.67, 0.11 * width, 0.05, 5), (190, 195, 215))
        yield flat(oval(x, 0.38, 0.15, 0.04, 5), (40, 30, 160))


def _wheels(shape: Shape) -> Iterable[tuple[float, Face]]:
    """Tyres seen from the end, and the discs of the flank that the camera sees."""
    radius, half = shape.wheel, shape.width / 2
    for z in shape.axles:
        for x in (-half + 0.13, half - 0.13):
            yield z - 0.2, flat(oval(x, radius, 0.22, 2 * radius, 6), BLACK, z - 0.6 * radius)
        for share, colour in ((1.18, (14, 14, 14)), (1.0, (34, 33, 33)), (0.66, (150, 150, 148)),
                              (0.55, (95, 95, 94)), (0.16, (170, 170, 168))):  # fmt: skip
            ring = oval(0, radius, 2 * radius * share, 2 * radius * share, 2)
            flank = np.stack([np.full(len(ring), half + 0.01), ring[:, 1], z + ring[:, 0]], 1)
            yield z - radius * 1.25, Face(flank, colour)


def _mirrors(shape: Shape, paint: Colour) -> Iterable[tuple[float, Face]]:
    """The two mirrors at the foot of the windscreen."""
    z = shape.cabin - 0.2 if shape.rear else shape.screen[0] + 0.35
    for x in (-1, 1):
        box = (x * (shape.width / 2 + 0.07), shape.profile[4][2] + 0.07, 0.2, 0.14)
        yield from ((z - 0.3, face) for face in blob(box, paint, z))


def oval(x: float, y: float, width: float, height: float, power: float) -> Solid:
    """A superellipse (36, 2): power 2 is an ellipse, above 5 a rectangle with round corners."""
    angle = np.linspace(0, 2 * np.pi, 36, endpoint=False) + np.pi / 36
    cos, sin = np.cos(angle), np.sin(angle)
    across = np.sign(cos) * np.abs(cos) ** (2 / power)
    up = np.sign(sin) * np.abs(sin) ** (2 / power)
    return np.stack([x + across * width / 2, y + up * height / 2], 1)


def flat(outline: Solid, colour: Colour, z: float = -0.01) -> Face:
    """An outline (N, 2) of one colour across the road."""
    return Face(np.insert(outline, 2, z, 1), colour)


def blob(box: tuple[float, float, float, float], colour: Colour, z: float) -> list[Face]:
    """A rounded body (x, y, width, height) as ovals that grow lighter towards the sun."""
    x, y, width, height = box
    faces = []
    for k in np.linspace(0, 0.7, 8):
        centre = (x + 0.1 * k * width, y + 0.1 * k * height)
        outline = oval(*centre, width * (1 - k), height * (1 - k), 2.6)
        faces.append(flat(outline, _mix((0, 0, 0), colour, 0.5 + 0.75 * k), z))
    return faces


def bar(path: Sequence[tuple[float, float]], thick: float, colour: Colour, z: float) -> list[Face]:
    """A tube along a path, as short ovals."""
    knots = np.array(path)
    at = np.linspace(0, len(knots) - 1, 14)
    xs, ys = (np.interp(at, np.arange(len(knots)), knots[:, i]) for i in (0, 1))
    return [
        flat(oval(float(x), float(y), thick, thick * 1.2, 2), _mix((0, 0, 0), colour, 0.8), z)
        for x, y in zip(xs, ys, strict=True)
    ]


def _standing(x: float, y: float, size: tuple[float, float]) -> Solid:
    """The corners of an upright plate round (x, y), from the top left clockwise, (4, 3)."""
    half, up = size[0] / 2, size[1] / 2
    return np.array([(x + i * half, y + j * up, -0.02) for i, j in ROUND])
