"""Geometry of the samples of both networks: views of a picture, and plates set into them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Points = NDArray[np.float32]
Picture = NDArray[np.uint8]


def rectangle(x1: float, y1: float, x2: float, y2: float) -> Points:
    """The four corners of a box, from the top left clockwise, (4, 2)."""
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float32)


def similarity(
    scale: float, angle: float, centre: tuple[float, float], to: tuple[float, float]
) -> Matrix:
    """The (3, 3) matrix that scales and turns (radians) round `centre` and moves it to `to`."""
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    (x, y), (u, v) = centre, to
    return np.array(
        [[cos, -sin, u - cos * x + sin * y], [sin, cos, v - sin * x - cos * y], [0, 0, 1]]
    )


def transform(matrix: Matrix, points: Points) -> Points:
    """`points` (N, 2) seen through a (3, 3) matrix."""
    moved = cv2.perspectiveTransform(points[None].astype(np.float64), matrix)[0]
    return np.asarray(moved, np.float32)


def tilted_quad(
    rng: np.random.Generator, box: tuple[float, float, float, float], aspect: float
) -> Points:
    """A plausible plate inside a box: its extents are the box, its aspect is kept where that fits.

    The tilt is what the box's height leaves over: a flat box holds a level plate, a tall one a
    tilted plate.
    """
    x1, y1, x2, y2 = box
    width, height = x2 - x1, y2 - y1
    level = min(height, width / aspect)
    spare = height - level if rng.random() < 0.8 else 0.0
    rise = float(np.clip(spare, 0, 0.3 * width)) * rng.choice([-1.0, 1.0])
    left, right = (max(rise, 0.0), max(-rise, 0.0))
    lean = rng.normal(0, 0.06) * height
    tall = height - abs(rise)
    quad = [
        [x1 + lean, y1 + left],
        [x2 + lean, y1 + right],
        [x2 - lean, y1 + right + tall],
        [x1 - lean, y1 + left + tall],
    ]
    return np.array(quad, np.float32)


def paste(picture: Picture, plate: Picture, quad: Points) -> Picture:
    """A copy of `picture` with `plate` laid onto `quad`, its edge blended over a pixel."""
    height, width = plate.shape[:2]
    matrix = cv2.getPerspectiveTransform(rectangle(0, 0, width, height), quad.astype(np.float32))
    x1, y1 = np.maximum(np.floor(quad.min(0)) - 2, 0).astype(int)
    x2, y2 = np.minimum(np.ceil(quad.max(0)) + 3, picture.shape[1::-1]).astype(int)
    if x2 - x1 < 2 or y2 - y1 < 2:
        return np.array(picture)
    shrink = max(1.0, width / max(1.0, float(np.linalg.norm(quad[1] - quad[0]))))
    soft = cv2.GaussianBlur(plate, (0, 0), 0.45 * shrink) if shrink > 1.2 else plate
    local = np.array([[1, 0, -x1], [0, 1, -y1], [0, 0, 1]]) @ matrix
    size = (int(x2 - x1), int(y2 - y1))
    laid = cv2.warpPerspective(soft, local, size, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpPerspective(np.ones((height, width), np.float32), local, size)[..., None]
    result = np.array(picture)
    below = result[y1:y2, x1:x2]
    result[y1:y2, x1:x2] = (laid * mask + below * (1 - mask)).astype(np.uint8)
    return result


def seen_through(picture: Picture, matrix: Matrix, size: tuple[int, int], tone: int) -> Picture:
    """The picture through a matrix, `size` (width, height) pixels; shrunk by whole steps first.

    A warp samples points: what it skips would be aliased, and the unit averages.

    Args:
        picture: (H, W, 3).
        matrix: (3, 3), from the picture to the view.
        size: of the view.
        tone: of what lies outside the picture, 0 to 255.
    """
    shrink = 1 / np.sqrt(max(abs(float(np.linalg.det(matrix[:2, :2]))), 1e-6))
    times = max(1, min(int(shrink), *picture.shape[:2]))
    if times > 1:
        small = (picture.shape[1] // times, picture.shape[0] // times)
        back = np.diag([picture.shape[1] / small[0], picture.shape[0] / small[1], 1.0])
        picture = np.asarray(cv2.resize(picture, small, interpolation=cv2.INTER_AREA), np.uint8)
        matrix = matrix @ back
    return np.asarray(cv2.warpPerspective(picture, matrix, size, borderValue=(tone,) * 3), np.uint8)
