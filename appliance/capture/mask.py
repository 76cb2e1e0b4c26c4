"""Blacking out what must not be seen: a neighbour's garden, the pavement.

The one rule: it happens before anything else sees the frame, so that nothing can leak.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.capture.camera import read_only
from appliance.domain import Frame, Point


def blackout(image: NDArray[np.uint8], polygons: Sequence[Sequence[Point]]) -> NDArray[np.uint8]:
    """A copy of a (H, W, 3) BGR picture with the polygons black, their edges included.

    Args:
        image: the picture; it stays as it is.
        polygons: corners as shares of the picture's width and height, 0 to 1.
    """
    drawn: NDArray[np.uint8] = image.copy()
    size = np.array((image.shape[1], image.shape[0]))
    for polygon in polygons:
        corners = np.round(np.array(polygon) * size).astype(np.int32)
        cv2.fillPoly(drawn, [corners], (0, 0, 0))
    return drawn


def blacked_out(frame: Frame, polygons: Sequence[Sequence[Point]]) -> Frame:
    """The frame with the polygons black; the frame itself where there are none."""
    if not polygons:
        return frame
    return replace(frame, image=read_only(blackout(frame.image, polygons)))
