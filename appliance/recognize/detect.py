"""Finding plates: a picture goes in, detections with corners come out, best first.

The picture is scaled to fit the model's input (top left, the rest filled with grey).  The model
answers for every cell of CELL x CELL input pixels with a score and the corners of the plate whose
centre lies there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.domain import Detection, Quad
from appliance.recognize.model import Model
from appliance.recognize.rectify import quad_of

CELL = 8
FILL = 114
SAME_PLATE = 0.35
COMFORTABLE = 120.0
"""Input pixels.  Each plate is looked at again at this width: the corners err by a share of the
plate, so those of a near one cut a character off, and a far one has more pixels than the first look
saw.  Of the 92 `scenes` 74 were right with one look of detect-1 and 84 with two; with
detect-2 100, 120 and 160 px give 87, 140 px 86."""
AROUND = 0.6
"""Plate widths of surroundings that the second look takes in on each side."""
TILES, TILE = 2, 0.6
"""Tiles in a row and in a column, and the share of the picture's side that each takes: they overlap
by a fifth of it, which no plate that needs a tile is as wide as.  Of the 605 pictures of `detect`
valid 119 show nothing legible as a whole; 2 x 2 tiles find 7 plates and 9 false ones more there,
3 x 3 of 0.42 find 5 and 12.  Only what can be read is kept: 2 plates more and no false one."""
STEP_BACK = 0.5
"""Share of the scale at which a plate that fills the picture is as wide as in the training: 5
plates of `detect` valid more, and one false."""
ROUND, NEAR_PEAK = np.array([1, 2]), 0.3
"""Rows and columns round a peak whose cells have a say about its corners, and the share of its
score from which they do.  One row and column more, or a column less, gave the same or worse."""
OF_ANOTHER = 0.25
"""Plate widths by which a corner differs that is another plate's."""
NEARLY = 0.9
"""Share of the wanted scale with which a look makes do, where a smaller input then holds it."""

Tile = tuple[int, int, int, int]
"""x1, y1, x2, y2 in pixels of the picture, x2 and y2 exclusive."""


def encode_corners(quad: NDArray[np.float32], cells: NDArray[np.int64]) -> NDArray[np.float32]:
    """A plate's corners as the model says them at some cells.

    asinh keeps half a pixel of precision for small plates and a few percent for large ones within
    eight bits.

    Args:
        quad: (4, 2) corners in input pixels.
        cells: (N, 2) column and row of each cell.

    Returns:
        (8, N) asinh of the distance from the cell's centre in cells, x and y of each corner in
        turn.
    """
    centres = (cells + 0.5) * CELL
    distance = (quad[None] - centres[:, None]) / CELL
    return np.asarray(np.arcsinh(distance).reshape(-1, 8).T, np.float32)


def decode_corners(codes: NDArray[np.float32], cells: NDArray[np.int64]) -> NDArray[np.float32]:
    """The reverse of `encode_corners`: (8, N) codes to (N, 4, 2) corners in input pixels."""
    centres = (cells + 0.5) * CELL
    return np.asarray(np.sinh(codes.T.reshape(-1, 4, 2)) * CELL + centres[:, None], np.float32)


def one_look(least: float) -> float:
    """The threshold of one look, where two together must reach `least`.

    Their geometric mean could do so from least squared on, but hardly does: on `detect` valid none
    of 576 plates is lost at 0.6 of it, for 1.4 second looks a picture instead of 1.7.
    """
    return 0.6 * least


class Detector:
    """Plate detector on one network, at one or several input sizes.

    Args:
        model: input (1, H, W, 3) BGR, outputs scores (1, H/8, W/8, 1) and corners (1, H/8, W/8, 8).
        threshold: least confidence of a detection in one look, 0 to 1.
        copies: the same network with other input sizes; each look takes the smallest that will do.
    """

    def __init__(self, model: Model, threshold: float, copies: Sequence[Model] = ()) -> None:
        self._models = sorted((model, *copies), key=lambda m: m.input_shape[0] * m.input_shape[1])
        self._threshold = threshold

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Plates in a (H, W, 3) BGR picture, most confident first."""
        return self._look(image, self._largest_scale(image))

    def look_harder(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Plates that are too small for the whole picture's scale, or so near that they fill it."""
        small = [d for tile in self.tiles(image) for d in self.look_at(image, tile)]
        return small + self._look(image, STEP_BACK * self._largest_scale(image))

    def tiles(self, image: NDArray[np.uint8]) -> list[Tile]:
        """Overlapping parts that show more than the whole does; none where that loses no pixel."""
        if self._largest_scale(image) >= 1:
            return []
        height, width = image.shape[:2]
        steps = [(1 - TILE) * i / (TILES - 1) for i in range(TILES)]
        return [
            (int(x * width), int(y * height), int((x + TILE) * width), int((y + TILE) * height))
            for y in steps
            for x in steps
        ]

    def look_at(self, image: NDArray[np.uint8], tile: Tile) -> list[Detection]:
        """Plates in one part of the picture, at the largest scale at which it fits the input."""
        x1, y1, x2, y2 = tile
        part = image[y1:y2, x1:x2]
        return [_moved(d, x1, y1) for d in self._look(part, self._largest_scale(part))]

    def look_closer(self, image: NDArray[np.uint8], found: Detection) -> Detection:
        """The detection as a second look at its surroundings shows it.

        Its corners are the second look's, its confidence the geometric mean of both; 0 where the
        second look sees no plate there.
        """
        box, margin = found.box, AROUND * found.box.width
        x, y = max(0, int(box.x1 - margin)), max(0, int(box.y1 - margin))
        part = image[y : int(box.y2 + margin), x : int(box.x2 + margin)]
        if part.size == 0:  # corners outside the picture
            return replace(found, confidence=0.0)
        scale = min(COMFORTABLE / max(1.0, box.width), self._largest_scale(part))
        seen = [_moved(d, x, y) for d in self._look(part, scale)]
        best = max(seen, key=lambda d: d.box.overlap(box), default=None)
        if best is None or best.box.overlap(box) <= SAME_PLATE:
            return replace(found, confidence=0.0)
        return replace(best, confidence=sqrt(found.confidence * best.confidence))

    def _look(self, image: NDArray[np.uint8], wanted: float) -> list[Detection]:
        """One run at about the `wanted` scale, by the smallest model that holds the picture."""
        fitting = (m for m in self._models if _scale(m, image) >= NEARLY * wanted)
        model = next(fitting, self._models[-1])
        scale = min(wanted, _scale(model, image))
        scores, corners = model.run(_fit(image, scale, model.input_shape))
        return _distinct(self._peaks(scores[..., 0], corners, scale))

    def _largest_scale(self, image: NDArray[np.uint8]) -> float:
        return max(_scale(model, image) for model in self._models)

    def _peaks(
        self, scores: NDArray[np.float32], corners: NDArray[np.float32], scale: float
    ) -> list[Detection]:
        """Detections at the cells whose score is the highest among their eight neighbours."""
        highest = cv2.dilate(scores, np.ones((3, 3), np.uint8))
        peaks = np.argwhere((scores >= self._threshold) & (scores == highest))
        order = np.argsort(-scores[tuple(peaks.T)], kind="stable")
        return [
            Detection(quad_of(_agreed(scores, corners, peak) / scale), float(scores[tuple(peak)]))
            for peak in peaks[order]
        ]


def _agreed(
    scores: NDArray[np.float32], corners: NDArray[np.float32], peak: NDArray[np.int64]
) -> NDArray[np.float32]:
    """(4, 2) corners in input pixels: the mean of what the cells round a peak say, by their score.

    Each cell errs on its own.  With detect-2 the median error of the 33 labelled quads of `detect`
    valid fell from 5.2 % of the width to 4.3 %, and one more of the 92 `scenes` was right.
    """
    low = np.maximum(peak - ROUND, 0)
    rows, columns = (slice(a, b) for a, b in zip(low, peak + ROUND + 1, strict=True))
    near = scores[rows, columns]
    cells = np.argwhere(near >= NEAR_PEAK * scores[tuple(peak)])
    quads = decode_corners(corners[rows, columns][tuple(cells.T)].T, (cells + low)[:, ::-1])
    own = decode_corners(corners[tuple(peak)][:, None], peak[None, ::-1])
    same = np.abs(quads - own).max((1, 2)) <= OF_ANOTHER * np.ptp(own[0, :, 0])
    weights = near[tuple(cells.T)] * same
    return np.asarray(np.average(quads, axis=0, weights=weights), np.float32)


def _scale(model: Model, image: NDArray[np.uint8]) -> float:
    """The scale at which the picture just fits the model's input."""
    height, width = model.input_shape[:2]
    return float(min(width / image.shape[1], height / image.shape[0]))


def _fit(image: NDArray[np.uint8], scale: float, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """The picture, scaled, at the top left of an input of that shape."""
    times = max(1, min(int(1 / scale), *image.shape[:2]))
    smaller = _shrunk(image, times)
    width, height = (max(1, round(n * scale * times)) for n in smaller.shape[1::-1])
    canvas = np.full(shape, FILL, np.uint8)
    canvas[:height, :width] = cv2.resize(smaller, (width, height), interpolation=cv2.INTER_LINEAR)
    return canvas


def _shrunk(image: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    """The picture with the mean of every `times` x `times` pixels as one; what is over goes.

    Whole pixels are averaged 15 times as quickly as shares of pixels (OpenCV 4.14, x86-64): 720p to
    512 x 288 takes 0.5 ms in two steps, and 3.1 ms in one of INTER_AREA.
    """
    width, height = image.shape[1] // times, image.shape[0] // times
    whole = image[: height * times, : width * times]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _moved(detection: Detection, x: int, y: int) -> Detection:
    """The detection of a cut-out in the picture that it was cut from, at x, y."""
    a, b, c, d = ((u + x, v + y) for u, v in detection.quad.corners)
    return replace(detection, quad=Quad((a, b, c, d)))


def _distinct(detections: list[Detection]) -> list[Detection]:
    """The detections without the weaker ones of every overlapping group (greedy suppression)."""
    kept: list[Detection] = []
    for detection in detections:
        if all(detection.box.overlap(other.box) < SAME_PLATE for other in kept):
            kept.append(detection)
    return kept
