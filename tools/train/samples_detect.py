"""Training samples of the detector: real photographs, some with rendered plates set in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.recognize.detect import AROUND, CELL, FILL, encode_corners
from tools.train.corrections import Box
from tools.train.distractors import strew
from tools.train.labels import LabelledPlate, Photograph, load
from tools.train.recipe import DetectMix
from tools.train.render import degrade, render_plate
from tools.train.warp import (
    Points,
    paste,
    rectangle,
    seen_through,
    similarity,
    tilted_quad,
    transform,
)

SIDE = 320
WIDTHS = (12.0, 290.0)
NEAR_WIDTHS = (70.0, 190.0)
"""Of plates in the second look, in input pixels: it wants COMFORTABLE, and the first look errs."""
DECOYED = 0.35
"""Of the second looks, those at something that is no plate."""
WHOLE, MOSTLY_CUT = 0.93, 0.55
LEAST_WIDTH = 9.0
LEVEL_ASPECT = 3.9
"""A long plate is 4.7 times as wide as high; a box as flat as this holds one tilted by less than
two degrees, so the box's corners are the plate's."""


@dataclass(frozen=True, slots=True)
class DetectSample:
    """One picture with its targets on the grid of cells, G = SIDE / CELL.

    Attributes:
        image: (SIDE, SIDE, 3) BGR uint8.
        heat: (G, G) float32 in 0..1, 1 at the cell of a plate's centre.
        weight: (G, G) float32, 0 where nothing is known (a plate that the edge cuts).
        corners: (8, G, G) float32 encoded offsets, valid where `strength` > 0.
        strength: (G, G) float32 weight of the corners' loss.
        exact: (G, G) bool: the four corners are known; elsewhere only their extents.
    """

    image: NDArray[np.uint8]
    heat: NDArray[np.float32]
    weight: NDArray[np.float32]
    corners: NDArray[np.float32]
    strength: NDArray[np.float32]
    exact: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Placed:
    """A plate in a view.

    Attributes:
        quad: its corners (4, 2).
        exact: all four are known, not their extents only.
        seen: the share that is visible.
        sure: it is a plate; elsewhere nobody can tell.
    """

    quad: Points
    exact: bool
    seen: float
    sure: bool = True

    def moved(self, by: tuple[int, int]) -> Placed:
        """The same plate in a larger picture, `by` pixels to the right and down."""
        return replace(self, quad=self.quad + np.array(by, np.float32))


@dataclass(frozen=True, slots=True)
class Decoy:
    """A box in pixels of a photograph that looks like a plate and is none."""

    photograph: Photograph
    box: Box


@dataclass(frozen=True, slots=True)
class DetectSamples:
    """Draws samples from photographs.

    Attributes:
        photographs: the real ones.
        mix: shares of what is done to them.
        decoys: what a first look takes for a plate and is none.
    """

    photographs: list[Photograph]
    mix: DetectMix
    decoys: Sequence[Decoy] = ()

    def draw(self, rng: np.random.Generator) -> DetectSample:
        """A random view of a photograph, or four small ones side by side, with the targets."""
        if rng.random() < self.mix.near:
            return _targets(*self._near_view(rng))
        if rng.random() >= self.mix.mosaic:
            return _targets(*self._view(rng, SIDE))
        half = SIDE // 2
        image = np.empty((SIDE, SIDE, 3), np.uint8)
        plates: list[Placed] = []
        for x, y in ((0, 0), (half, 0), (0, half), (half, half)):
            image[y : y + half, x : x + half], placed = self._view(rng, half)
            plates += [plate.moved((x, y)) for plate in placed]
        return _targets(image, plates)

    def _view(self, rng: np.random.Generator, side: int) -> tuple[NDArray[np.uint8], list[Placed]]:
        """A random view, `side` pixels square, of a random photograph."""
        photograph = self.photographs[rng.integers(len(self.photographs))]
        image, plates = self._dressed(rng, photograph)
        matrix = _view(rng, image.shape[:2], plates, side)
        if all(map(_is_exact, plates)):
            matrix = _tilted(rng, side) @ matrix
        placed = _all_placed(matrix, plates, photograph.unsure, (side, side))
        tone = int(rng.integers(256)) if rng.random() < 0.3 else FILL
        view = seen_through(image, matrix, (side, side), tone)
        if rng.random() < 0.5:
            view = view[:, ::-1]
            placed = [replace(p, quad=_mirrored(p.quad, side)) for p in placed]
        return _photometry(rng, np.ascontiguousarray(view)), placed

    def _near_view(self, rng: np.random.Generator) -> tuple[NDArray[np.uint8], list[Placed]]:
        """What the second look shows of a plate or of a decoy: the thing and some way round it."""
        if self.decoys and rng.random() < DECOYED:
            decoy = self.decoys[int(rng.integers(len(self.decoys)))]
            image, plates = cached_load(decoy.photograph.path), decoy.photograph.plates
            unsure, aim = decoy.photograph.unsure, rectangle(*decoy.box)
        else:
            photograph = self.photographs[rng.integers(len(self.photographs))]
            image, plates = self._dressed(rng, photograph)
            unsure = photograph.unsure
            aim = _corners(plates[rng.integers(len(plates))]) if plates else _anything(rng, image)
        exact = all(map(_is_exact, plates))
        angle = rng.normal(0, 0.15 if exact else 0.03)
        matrix = similarity(1.0, angle, tuple(aim.mean(0)), (SIDE / 2, SIDE / 2))
        if exact:
            matrix = _tilted(rng, SIDE) @ matrix
        matrix, part = _second_look(rng, matrix, aim)
        view = seen_through(image, matrix, part, FILL)
        placed = _all_placed(matrix, plates, unsure, part)
        if rng.random() < 0.5:
            view = view[:, ::-1]
            placed = [replace(p, quad=_mirrored(p.quad, part[0])) for p in placed]
        canvas = np.full((SIDE, SIDE, 3), FILL, np.uint8)
        canvas[: part[1], : part[0]] = _photometry(rng, np.ascontiguousarray(view))
        return canvas, placed

    def _dressed(
        self, rng: np.random.Generator, photograph: Photograph
    ) -> tuple[NDArray[np.uint8], tuple[LabelledPlate, ...]]:
        """The photograph, perhaps with other plates, perhaps with things that are none."""
        image, plates = cached_load(photograph.path), photograph.plates
        if plates and rng.random() < self.mix.replated:
            image, plates = _replate(rng, image, plates)
        if rng.random() < self.mix.strewn:
            corners = [_corners(plate) for plate in plates]
            taken = [(*quad.min(0), *quad.max(0)) for quad in corners]
            image = strew(rng, image, taken + list(photograph.unsure))
        return image, plates


def _all_placed(
    matrix: NDArray[np.float64],
    plates: Sequence[LabelledPlate],
    unsure: Sequence[Box],
    size: tuple[int, int],
) -> list[Placed]:
    """Everything that is labelled, where a view of that width and height shows it."""
    known = [
        _placed(transform(matrix, _corners(p)), size, exact=_is_exact(p), sure=True) for p in plates
    ]
    doubtful = [transform(matrix, rectangle(*box)) for box in unsure]
    return known + [_placed(quad, size, exact=False, sure=False) for quad in doubtful]


def _anything(rng: np.random.Generator, image: NDArray[np.uint8]) -> Points:
    """A place of a plate's shape in a photograph that has none."""
    width = rng.uniform(0.05, 0.5) * image.shape[1]
    x, y = rng.uniform(0, 1, 2) * (image.shape[1] - width, max(1.0, image.shape[0] - width / 3))
    return rectangle(x, y, x + width, y + width / 3)


def _second_look(
    rng: np.random.Generator, matrix: NDArray[np.float64], aim: Points
) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """A matrix that goes on from `matrix` to the second look at `aim`, and its width and height.

    As `Detector.look_closer` cuts it out, from a box that errs as a first look's does.
    """
    quad = transform(matrix, aim)
    low, high = quad.min(0), quad.max(0)
    wide, tall = np.maximum(high - low, 1.0)
    low, high = low + rng.normal(0, 0.06, 2) * wide, high + rng.normal(0, 0.06, 2) * wide
    scale = np.exp(rng.uniform(*np.log(NEAR_WIDTHS))) / wide
    scale = min(scale, SIDE / (tall + 2 * AROUND * wide))
    start, end = scale * (low - AROUND * wide), scale * (high + AROUND * wide)
    shift = np.array([[scale, 0, -start[0]], [0, scale, -start[1]], [0, 0, 1]])
    width, height = np.clip(end - start, 1, SIDE).astype(int)
    return shift @ matrix, (int(width), int(height))


def _is_exact(plate: LabelledPlate) -> bool:
    """Whether all four corners are known, or the box is so flat that it has the same."""
    if plate.quad is not None or plate.box is None:
        return plate.quad is not None
    x1, y1, x2, y2 = plate.box
    return x2 - x1 >= LEVEL_ASPECT * (y2 - y1)


def _tilted(rng: np.random.Generator, side: int) -> NDArray[np.float64]:
    """A change of the view that tilts and leans what is in it: its corners move a little."""
    frame = rectangle(0, 0, side, side)
    strength = 0.03 if rng.random() < 0.5 else 0.1
    moved = frame + rng.normal(0, strength * side, (4, 2)).astype(np.float32)
    return np.asarray(cv2.getPerspectiveTransform(frame, moved.astype(np.float32)), np.float64)


@lru_cache(maxsize=8000)
def cached_load(path: Path) -> NDArray[np.uint8]:
    """The photograph's pixels, kept: the whole train split is 1.9 GB decoded."""
    return load(path)


def _corners(plate: LabelledPlate) -> Points:
    if plate.quad is not None:
        return plate.quad
    assert plate.box is not None, "detection pictures have boxes"
    return rectangle(*plate.box)


def _replate(
    rng: np.random.Generator, image: NDArray[np.uint8], plates: tuple[LabelledPlate, ...]
) -> tuple[NDArray[np.uint8], tuple[LabelledPlate, ...]]:
    """The picture with each plate covered by a rendered one whose corners are known."""
    renewed = []
    for plate in plates:
        drawn = render_plate(rng)
        box = plate.box or (*plate.quad.min(0), *plate.quad.max(0))  # type: ignore[union-attr]
        aspect = drawn.image.shape[1] / drawn.image.shape[0]
        tight = (
            plate.quad if plate.quad is not None else tilted_quad(rng, _grown(box, aspect), aspect)
        )
        image = paste(image, drawn.image, tight)
        renewed.append(LabelledPlate(box, tight, drawn.text))
    return image, tuple(renewed)


def _grown(
    box: tuple[float, float, float, float], aspect: float
) -> tuple[float, float, float, float]:
    """A box widened to what `aspect` asks at its height: the old plate must be covered."""
    x1, y1, x2, y2 = box
    width, height = x2 - x1, y2 - y1
    wide = min(max(width, 0.8 * height * aspect), 1.6 * width)
    middle = (x1 + x2) / 2
    return middle - wide / 2, y1, middle + wide / 2, y2


def _view(
    rng: np.random.Generator, shape: tuple[int, int], plates: tuple[LabelledPlate, ...], side: int
) -> NDArray[np.float64]:
    """A random view into a square of `side`: the whole picture, or a plate at some width."""
    height, width = shape
    fit = side / max(height, width)
    angle = rng.normal(0, 0.05 if rng.random() < 0.8 else 0.2)
    if not plates or rng.random() < 0.4:
        scale = fit * rng.uniform(0.75, 1.3)
        centre = (width / 2, height / 2)
        slack = abs(side - scale * np.array([width, height])) / 2 + 16
        to = side / 2 + rng.uniform(-slack, slack)
        return similarity(scale, angle, centre, (to[0], to[1]))
    quad = _corners(plates[rng.integers(len(plates))])
    wide = float(np.ptp(quad[:, 0]))
    target = np.exp(rng.uniform(*np.log(WIDTHS)) - np.log(SIDE / side))
    scale = float(np.clip(target / max(wide, 1.0), 0.6 * fit, 4.0 * fit))
    margin = min(0.5 * wide * scale + 4, side * 0.48)
    to = rng.uniform(margin, side - margin, 2) if rng.random() < 0.9 else rng.uniform(0, side, 2)
    return similarity(scale, angle, tuple(quad.mean(0)), (to[0], to[1]))


def _placed(quad: Points, size: tuple[int, int], exact: bool, sure: bool) -> Placed:
    low, high = quad.min(0), quad.max(0)
    inside = np.clip(np.minimum(high, size) - np.maximum(low, 0), 0, None)
    seen = float(np.prod(inside) / max(float(np.prod(high - low)), 1e-6))
    return Placed(quad, exact, seen, sure)


def _mirrored(quad: Points, side: int) -> Points:
    flipped = quad * np.array([-1, 1], np.float32) + np.array([side, 0], np.float32)
    return flipped[[1, 0, 3, 2]]


def _photometry(rng: np.random.Generator, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if rng.random() < 0.35:
        image = degrade(rng, image, 0.5)
    if rng.random() < 0.2:
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        image = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
    gain = rng.uniform(0.6, 1.5) * rng.uniform(0.85, 1.15, 3)
    table = np.clip(np.arange(256)[:, None] * gain + rng.uniform(-25, 25), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(image, table[None]))


def _targets(image: NDArray[np.uint8], plates: list[Placed]) -> DetectSample:
    cells = SIDE // CELL
    grid = np.zeros((cells, cells), np.float32)
    sample = DetectSample(
        image, grid.copy(), grid + 1, np.zeros((8, cells, cells), np.float32), grid.copy(), grid > 1
    )
    for plate in plates:
        _mark(sample, plate)
    return sample


def _mark(sample: DetectSample, plate: Placed) -> None:
    """Write a plate into the targets; a cut one is masked, a mostly cut one is background."""
    low, high = plate.quad.min(0), plate.quad.max(0)
    tiny = bool((high - low)[0] < LEAST_WIDTH)
    if plate.seen < WHOLE or tiny or not plate.sure:
        if plate.seen > MOSTLY_CUT:
            x1, y1 = np.clip(low // CELL, 0, SIDE // CELL - 1).astype(int)
            x2, y2 = np.clip(high // CELL, 0, SIDE // CELL - 1).astype(int) + 1
            sample.weight[y1:y2, x1:x2] = 0
        return
    bump = _bump(plate.quad.mean(0), high - low)
    chosen = (bump > sample.strength) & (bump > 0.4)
    np.maximum(sample.heat, bump, out=sample.heat)
    sample.strength[chosen] = bump[chosen]
    sample.exact[chosen] = plate.exact
    sample.corners[:, chosen] = encode_corners(plate.quad, np.argwhere(chosen)[:, ::-1])


def _bump(centre: Points, size: Points) -> NDArray[np.float32]:
    """A Gaussian on the grid, exactly 1 at the centre's cell, as wide as an eighth of the plate."""
    cells = np.arange(SIDE // CELL)
    spread = np.maximum(size / CELL / 8, 0.55)
    place = np.clip(centre // CELL, 0, SIDE // CELL - 1)
    row = np.exp(-0.5 * ((cells - place[1]) / spread[1]) ** 2)
    column = np.exp(-0.5 * ((cells - place[0]) / spread[0]) ** 2)
    return np.asarray(np.outer(row, column), np.float32)
