"""Plate letters drawn from our own strokes: FE-Schrift, Charles Wright and a plain engineer's type.

The rule to know: a glyph is written as strokes between `;`, a stroke as corners `x,y` or
`x,y,radius`. x runs from 0 to 10 over the letter's width and y from 0 to 20 down its height, at the
middle of the stroke; a radius is in units of y and shrinks to what its corner has room for. The
tables were drawn by eye after photographed plates; no font's outlines were read.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Line = NDArray[np.float64]

PLAIN: dict[str, str] = {
    "A": "0,20 4.4,0 5.6,0 10,20;1.6,13.8 8.4,13.8",
    "B": "0,0 5.5,0 9.5,0,5 9.5,9.5,5 5.5,9.5 0,9.5;5.5,9.5 10,9.5,5 10,20,5 5.5,20 0,20 0,0",
    "C": "10,5.5 10,0,9 0,0,9 0,20,9 10,20,9 10,14.5",
    "D": "0,0 5,0 10,0,8 10,20,8 5,20 0,20 0,0",
    "E": "10,0 0,0 0,20 10,20;0,9.6 8.5,9.6",
    "F": "10,0 0,0 0,20;0,9.8 8.5,9.8",
    "G": "10,5.5 10,0,9 0,0,9 0,20,9 10,20,9 10,10.8 5.5,10.8",
    "H": "0,0 0,20;10,0 10,20;0,9.8 10,9.8",
    "I": "5,0 5,20",
    "J": "10,0 10,20,9 0,20,9 0,14",
    "K": "0,0 0,20;9.7,0 0,12.4;3.4,8.2 10,20",
    "L": "0,0 0,20 10,20",
    "M": "0,20 0,0 5,12 10,0 10,20",
    "N": "0,20 0,0 10,20 10,0",
    "O": "5,0 10,0,9 10,20,9 0,20,9 0,0,9 5,0",
    "P": "0,20 0,0 5,0 10,0,6 10,11,6 5,11 0,11",
    "Q": "5,0 10,0,9 10,20,9 0,20,9 0,0,9 5,0;6,14.5 10.2,20.6",
    "R": "0,20 0,0 5,0 10,0,6 10,10.6,6 5,10.6 0,10.6;5,10.6 10,20",
    "S": "9.8,5.5 9.8,0,9 0,0,9 0,9.5,9 10,9.8,9 10,20,9 0,20,9 0,14.5",
    "T": "0,0 10,0;5,0 5,20",
    "U": "0,0 0,20,9 10,20,9 10,0",
    "V": "0,0 4.5,20 5.5,20 10,0",
    "W": "0,0 2.4,20 5,5 7.6,20 10,0",
    "X": "0.3,0 9.7,20;9.7,0 0.3,20",
    "Y": "0,0 5,10.5 10,0;5,10.5 5,20",
    "Z": "0,0 10,0 0,20 10,20",
    "0": "5,0 10,0,9 10,20,9 0,20,9 0,0,9 5,0",
    "1": "0,4.8 10,0 10,20",
    "2": "0,5.5 0,0,9 10,0,9 10,9,5 0,20 10,20",
    "3": "0,4.8 0,0,9 9.6,0,9 9.6,9.4,9 4,9.4;5,9.4 10,9.4,9 10,20,9 0,20,9 0,15.2",
    "4": "7.4,20 7.4,0 0,14.4 10,14.4",
    "5": "9.4,0 0.8,0 0.3,9.4 3,7.5,3 10,7.5,9 10,20,9 0,20,9 0,15",
    "6": "9.6,4.6 9.6,0,9 0,0,9 0,13;0,14 0,8.6,9 10,8.6,9 10,20,9 0,20,9 0,13",
    "7": "0,0 10,0 3.6,20",
    "8": "5,0 9.4,0,6 9.4,9.4,6 0.6,9.4,6 0.6,0,6 5,0;5,9.4 10,9.4,6 10,20,6 0,20,6 0,9.4,6 5,9.4",
    "9": "0.4,15.4 0.4,20,9 10,20,9 10,7;10,6 10,11.4,9 0,11.4,9 0,0,9 10,0,9 10,7",
}
# FE-Schrift is made so that no letter can be painted into another one: each has its own trait.
FE: dict[str, str] = PLAIN | {
    "B": "0,0 5,0 8.8,0,4.6 8.8,8.6,4.6 5,8.6 0,8.6;5,8.6 10,8.6,5.8 10,20,5.8 5,20 0,20 0,0",
    "C": "10,5 9.4,0,7 0,0,10 0,20,10 9.4,20,7 10,15",
    "D": "0,0 3.6,0 10,0,11 10,20,11 3.6,20 0,20 0,0",
    "E": "9.6,0 0,0 0,20 10,20;0,9 7.6,9",
    "F": "10,0 0,0 0,20;0,9.4 7,9.4",
    "G": "9.8,4.8 9.4,0,7 0,0,10 0,20,10 10,20,7 10,11.4 5,11.4",
    "I": "0,0 10,0;5,0 5,20;0,20 10,20",
    "J": "3,0 10,0 10,20,9 0,20,9 0,14.6",
    "M": "0,20 0,0 5,10 10,0 10,20",
    "N": "0,20 0,0 10,20 10,0",
    "O": "5,0 10,0,12 10,20,12 0,20,12 0,0,12 5,0",
    "P": "0,20 0,0 5,0 10,0,6.4 10,12.4,6.4 5,12.4 0,12.4",
    "Q": "5,0 10,0,12 10,20,12 0,20,12 0,0,12 5,0;5,13 10,20.4",
    "R": "0,20 0,0 5,0 9.4,0,5.4 9.4,9.6,5.4 5,9.6 0,9.6;3.6,9.6 10,20",
    "S": "9.4,4.8 9,0,7 0.4,0,8 0.4,8.6,6 10,10.4,6 10,20,8 0,20,8 0,15.2",
    "U": "0,0 0,20,10 10,20,10 10,0",
    "V": "0,0 5,20 10,0",
    "W": "0,0 1.4,20 5,8.4 8.6,20 10,0",
    "0": "5,0 9.4,0,7 9.4,20,7 0.6,20,7 0.6,0,7 5,0",
    "1": "0,6.2 10,0 10,20",
    "2": "0.3,5 0.3,0,9 9.7,0,9 9.7,8.4,7 0,20 10,20",
    "3": "0.6,4.2 0.6,0,8 9.2,0,8 9.2,8.8,8 4,8.8;4.4,8.8 10,8.8,9 10,20,9 0,20,9 0,15.4",
    "4": "5.6,0 0,14.8 10,14.8;7.2,9 7.2,20",
    "6": "8.4,0 5,1.6,6 0,8.6,8 0,14;0,14 0,8.6,9 10,8.6,9 10,20,9 0,20,9 0,14",
    "7": "0,0 10,0 4.4,10,9 3.8,20",
    "9": "1.6,20 5,18.4,6 10,11.4,8 10,6;10,6 10,11.4,9 0,11.4,9 0,0,9 10,0,9 10,6",
}
# The British type: one bar for 1 and I, one ring for 0 and O, corners rounder than the sides.
WRIGHT: dict[str, str] = PLAIN | {
    "A": "0,20 3.8,0 6.2,0 10,20;1.4,14.6 8.6,14.6",
    "C": "10,6.4 10,0,6 0,0,6 0,20,6 10,20,6 10,13.6",
    "D": "0,0 5,0 10,0,6 10,20,6 5,20 0,20 0,0",
    "G": "10,6 10,0,6 0,0,6 0,20,6 10,20,6 10,11.6 5.6,11.6",
    "J": "10,0 10,20,6 0,20,6 0,13.8",
    "M": "0,20 0,0 1.2,0 5,11 8.8,0 10,0 10,20",
    "N": "0,20 0,0 1,0 9,20 10,20 10,0",
    "O": "5,0 10,0,6 10,20,6 0,20,6 0,0,6 5,0",
    "Q": "5,0 10,0,6 10,20,6 0,20,6 0,0,6 5,0;5.6,13.6 9.8,19.8",
    "S": "10,5.8 10,0,6 0,0,6 0,9.6,6 10,10,6 10,20,6 0,20,6 0,14.2",
    "U": "0,0 0,20,6 10,20,6 10,0",
    "W": "0,0 0,20 1,20 5,8.6 9,20 10,20 10,0",
    "0": "5,0 10,0,6 10,20,6 0,20,6 0,0,6 5,0",
    "1": "5,0 5,20",
    "2": "0,5.6 0,0,6 10,0,6 10,8.6,6 0,14.6,5 0,20 10,20",
    "3": "0,5 0,0,6 10,0,6 10,9.6,5 4,9.6;5,9.6 10,9.6,5 10,20,6 0,20,6 0,14.8",
    "4": "10,14.8 0,14.8 5,0 5.6,0;7.6,9.4 7.6,20",
    "5": "9.6,0 0.6,0 0.3,8.2 5,8.2 10,8.2,6 10,20,6 0,20,6 0,14.8",
    "6": "10,4.8 10,0,6 0,0,6 0,13;0,13 0,8.8,6 10,8.8,6 10,20,6 0,20,6 0,13",
    "7": "0,0 10,0 10,2 4.4,12,6 4.4,20",
    "9": "0,15.2 0,20,6 10,20,6 10,7;10,7 10,11.2,6 0,11.2,6 0,0,6 10,0,6 10,7",
}
# The engineer's type of Vietnam and China, its 1 with a short flag so that it is never a 7.
ASIAN: dict[str, str] = PLAIN | {
    "G": "10,5.5 10,0,8 0,0,8 0,20,8 10,20,8 10,11.4 6.4,11.4",
    "J": "10,0 10,20,8 0,20,8 0,14.6",
    "M": "0,20 0,0 5,14.6 10,0 10,20",
    "S": "9.8,5 9.8,0,7 0.2,0,7 0.2,9.2,7 10,9.8,7 10,20,7 0,20,7 0,15",
    "W": "0,0 2.6,20 5,7.4 7.4,20 10,0",
    "1": "0,4.4 5.6,2.6,3 10,0 10,20",
    "4": "6.6,0 0,14.8 10,14.8;7.4,9.6 7.4,20",
    "6": "8.2,0 0,12,7 0,14;0,14 0,8.8,9 10,8.8,9 10,20,9 0,20,9 0,14",
    "7": "0,0 10,0 5,11,6 4,20",
    "9": "1.8,20 10,8,7 10,6;10,6 10,11.2,9 0,11.2,9 0,0,9 10,0,9 10,6",
}


@dataclass(frozen=True, slots=True)
class Style:
    """A type: its glyphs, stroke and usual width as shares of the height, widths that differ."""

    glyphs: dict[str, str]
    stroke: float
    width: float
    widths: dict[str, float]
    square: bool = True


_DIGITS = dict.fromkeys("023456789", 0.56)
STYLES: dict[str, Style] = {
    "fe": Style(FE, 0.12, 0.62, {**_DIGITS, "1": 0.36, "I": 0.36, "W": 0.74, "M": 0.68}),
    "wright": Style(WRIGHT, 0.155, 0.63, {"1": 0.2, "I": 0.2}),
    "wright-3d": Style(WRIGHT, 0.135, 0.6, {"1": 0.2, "I": 0.2}),
    "plain": Style(PLAIN, 0.115, 0.56, {"1": 0.34, "I": 0.16, "W": 0.72, "M": 0.66}, square=False),
    "plain-bold": Style(PLAIN, 0.145, 0.6, {"1": 0.38, "I": 0.2, "W": 0.8, "M": 0.72}),
    "asian": Style(ASIAN, 0.11, 0.54, {"1": 0.3, "I": 0.16, "W": 0.66}, square=False),
    "asian-bold": Style(ASIAN, 0.14, 0.54, {"1": 0.34, "I": 0.2, "W": 0.66}),
}  # fmt: skip
STEPS = np.linspace(0, 1, 9)[:, None]
# Weight of the middle point that makes a quarter of a rational quadratic curve round.
ROUND = math.sqrt(0.5)
SUBPIXEL = 4


@lru_cache(maxsize=512)
def draw(character: str, style: str, height: int) -> Picture:
    """One of A-Z and 0-9 as a coverage mask (height, W) filled to its edges; read-only.

    Raises:
        KeyError: the style or the character is unknown.
    """
    shape = STYLES[style]
    stroke = max(1, round(height * shape.stroke))
    width = max(stroke, round(height * shape.widths.get(character, shape.width)))
    mask = np.zeros((height, width), np.uint8)
    room = np.array([width - stroke, height - stroke])
    for line in shape.glyphs[character].split(";"):
        corners = np.array([_corner(word) for word in line.split()])
        places = corners[:, :2] / (10, 20) * room + (stroke - 1) / 2
        if width == stroke:
            places[:, 0] = (stroke - 1) / 2
        path = _rounded(places, corners[:, 2] / 20 * room[1])
        fixed = np.round(path * 2**SUBPIXEL).astype(np.int32)
        cv2.polylines(mask, [fixed], False, 255, stroke, cv2.LINE_AA, SUBPIXEL)
        if shape.square:
            _square(mask, places, corners[:, 2] == 0, stroke)
    return mask


def _corner(word: str) -> tuple[float, float, float]:
    x, y, radius = (float(number) for number in (word + ",0").split(",")[:3])
    return x, y, radius


def _rounded(corners: Line, radii: Line) -> Line:
    """The path through `corners` (N, 2) with each inner corner rounded by its radius."""
    pieces = [corners[:1]]
    for i in range(1, len(corners) - 1):
        before, here, after = corners[i - 1 : i + 2]
        if radii[i] == 0:
            pieces.append(here[None])
            continue
        start = here + _reach(before - here, radii[i], shared=radii[i - 1] > 0)
        end = here + _reach(after - here, radii[i], shared=radii[i + 1] > 0)
        weights = np.hstack([(1 - STEPS) ** 2, 2 * ROUND * STEPS * (1 - STEPS), STEPS**2])
        pieces.append(weights @ np.stack([start, here, end]) / weights.sum(1, keepdims=True))
    return np.concatenate([*pieces, corners[-1:]])


def _reach(side: Line, radius: float, shared: bool) -> Line:
    """How far along a side a rounded corner begins; half the side where both ends are rounded."""
    length = max(1e-6, float(np.linalg.norm(side)))
    return np.asarray(side * min(radius, length * (0.5 if shared else 1.0)) / length)


def _square(mask: Picture, corners: Line, sharp: NDArray[np.bool_], stroke: int) -> None:
    """Squares a stroke's two ends, as dies cut them, and its sharp right-angled corners."""
    last = len(corners) - 1
    for i in np.flatnonzero(sharp):
        here = corners[i]
        sides = [corners[j] - here for j in (i - 1, i + 1) if 0 <= j <= last]
        sides = [side / max(1e-6, float(np.linalg.norm(side))) for side in sides]
        if len(sides) == 2 and abs(sides[0] @ sides[1]) > 0.2:
            continue
        along = sides[0]
        across = np.array([-along[1], along[0]])
        if max(abs(along)) < 0.98:  # a slanting foot is cut level, as on the plate
            along, across = np.array([0.0, np.sign(along[1])]), np.array([1.0, 0.0])
        half = (stroke - 1) / 2
        signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        box = np.stack([here + (a * along + b * across) * half for a, b in signs])
        fixed = np.round(box * 2**SUBPIXEL).astype(np.int32)
        cv2.fillConvexPoly(mask, fixed, 255, cv2.LINE_AA, SUBPIXEL)
