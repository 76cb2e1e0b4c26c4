"""Blacking out what must not be seen: a neighbour's garden, the pavement.

The one rule: every camera does it before anything else sees the picture, so that nothing can leak.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.domain import Point

Places = Sequence[Sequence[Point]]
"""Polygons: corners as shares of the picture's width and height, 0 to 1 from the top left."""


def blackout(image: NDArray[np.uint8], places: Places) -> NDArray[np.uint8]:
    """A (H, W, 3) BGR picture with the places black, their edges included.

    The picture that was given stays as it is: this is a copy, or itself where there are no places.
    """
    if not places:
        return image
    drawn: NDArray[np.uint8] = image.copy()
    size = np.array((image.shape[1], image.shape[0]))
    for corners in places:
        pixels = np.round(np.array(corners) * size).astype(np.int32)
        cv2.fillPoly(drawn, [pixels], (0, 0, 0))
    return drawn
