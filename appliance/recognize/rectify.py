"""From a detection to the upright crop that the reader gets."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.domain import Quad

SMOOTH_FROM = 1.5
MARGIN_X, MARGIN_Y = 0.03, 0.06
"""Shares of the plate left round it: the detector's error must not cut a character off."""
TURN, WIDER = 0.03, 0.04
"""Of the other views: shares of its height by which each side is raised or lowered, and of both its
sides by which it is wider or tighter.  On `read` valid five views instead of one made 12 of 54
misreads right (float, during the training of read-2)."""


def rectify(image: NDArray[np.uint8], quad: Quad, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The plate as a grey upright picture.

    Args:
        image: (H, W, 3) BGR.
        quad: the plate's corners in pixels of `image`; they may lie outside it.
        size: width and height of the result.

    Returns:
        (height, width, 1) grey uint8; what lies outside the image repeats its edge.
    """
    width, height = size
    region, corners = _around(image, _with_margin(np.array(quad.corners, np.float32)))
    shrink = float(np.linalg.norm(corners[1] - corners[0])) / width
    if (
        shrink > SMOOTH_FROM
    ):  # a warp samples points: smooth first, or thin strokes fall between them
        region = cv2.GaussianBlur(region, (0, 0), 0.35 * shrink).astype(np.uint8)
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    crop = cv2.warpPerspective(region, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)[..., None]


def quad_of(corners: NDArray[np.float32]) -> Quad:
    """(4, 2) corners as a Quad."""
    (a, b), (c, d), (e, f), (g, h) = corners.tolist()
    return Quad(((a, b), (c, d), (e, f), (g, h)))


def views(quad: Quad) -> tuple[Quad, ...]:
    """The plate as other corners nearby would cut it out: turned both ways, wider, tighter."""
    corners = np.array(quad.corners, np.float32)
    right, down = _axes(corners)
    turned = TURN * np.stack([down, -down, -down, down])
    away = np.stack([-right - down, right - down, right + down, -right + down])
    moves = (turned, -turned, 0.5 * WIDER * away, -0.5 * WIDER * away)
    return tuple(quad_of(np.asarray(corners + move, np.float32)) for move in moves)


def _axes(corners: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The plate's own right and down, as long as it is wide and high."""
    a, b, c, d = corners
    return (b - a + c - d) / 2, (d - a + c - b) / 2


def _with_margin(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """The corners moved outwards along the plate's own axes."""
    right, down = _axes(corners)
    right, down = right * MARGIN_X, down * MARGIN_Y
    away = np.stack([-right - down, right - down, right + down, -right + down])
    return np.asarray(corners + away, np.float32)


def _around(
    image: NDArray[np.uint8], corners: NDArray[np.float32]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The grey part of the image round the corners, and the corners in it."""
    height, width = image.shape[:2]
    x1, y1 = np.clip(np.floor(corners.min(0)).astype(int) - 3, 0, (width - 1, height - 1))
    x2, y2 = np.clip(np.ceil(corners.max(0)).astype(int) + 4, (x1 + 1, y1 + 1), (width, height))
    part = cv2.cvtColor(image[y1:y2, x1:x2], cv2.COLOR_BGR2GRAY)
    return np.asarray(part, np.uint8), np.asarray(corners - np.array([x1, y1]), np.float32)
