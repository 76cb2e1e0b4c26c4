"""Where a recording begins anew: a cut, or the next picture of a folder.

The one rule: only recordings are asked.  A live camera has no cuts, and a lamp that is switched on
must not end anybody's track.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SMALL = (32, 18)
"""Pixels of the thumbnails that are compared: too few for a vehicle to matter by its details."""
ALIKE = 0.78
"""Correlation of two thumbnails below which they are of two scenes."""
SUDDEN = 0.15
"""And by how much that must fall below the step before: a car that fills the picture comes in
steps, a cut comes at once."""
FLAT = 1.0
"""Deviation of a thumbnail's grey levels, 0 to 255, below which there is nothing to compare: a dark
night, a picture of one colour."""


class Cuts:
    """Compares each frame of a recording with the one before."""

    def __init__(self) -> None:
        self._before: NDArray[np.float32] | None = None
        self._usual = 1.0

    def is_cut(self, image: NDArray[np.uint8]) -> bool:
        """Whether a new scene begins with this (H, W, 3) BGR picture; never with the first."""
        now, before = _thumbnail(image), self._before
        if now is None:  # the next that shows something is compared with the last that did
            return False
        self._before = now
        if before is None:
            return False
        alike = float((now * before).mean())
        cut = alike < min(ALIKE, self._usual - SUDDEN)
        self._usual = 1.0 if cut else alike
        return cut


def _thumbnail(image: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """Grey, small, its mean 0 and its deviation 1: light and exposure do not matter.

    None where it shows nothing.
    """
    grey = cv2.cvtColor(cv2.resize(image, SMALL, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    levels = grey.astype(np.float32) - grey.mean()
    deviation = float(levels.std())
    return np.asarray(levels / deviation, np.float32) if deviation >= FLAT else None
