"""Whether a frame is worth a look: a small grey picture says if anything moves.

The rule to know: it may only save work.  While a plate is in sight or something moves, and for a
while after, every frame is looked at; and in an empty lane one frame in `IDLE_S`, so that nothing
stays unseen that moves too little to be noticed.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

CELLS = (40, 30)
"""Across and down: in one of them the noise of 64 pixels of a 320 x 240 picture is averaged, and a
vehicle whose plate can be read covers dozens."""
LEAST_CELLS = 2
"""That must have changed: one is a moth, or a dead pixel that flickers."""
LEAST_STEP, MOST_STEP = 3.0, 10.0
"""Grey levels, 0 to 255, by which a cell must differ: at least, and at most where the cell is
restless by itself, as foliage is."""
TIMES_RESTLESS = 6.0
"""By how many times its usual step a cell must differ: 5 deviations of noise."""
MEMORY_S, RESTLESS_S = 1.0, 20.0
"""Over which the empty lane and its restlessness are learned."""
AFTER_MOTION_S, AFTER_PLATE_S = 2.0, 10.0
"""Looked at every frame: a plate may be hidden for `lane.gone_s`, 8 s at most, and be the same."""
IDLE_S = 0.5

Notice = Callable[[float], None]
"""Is told the time, monotonic seconds, of each frame in which there is a plate."""


def unnoticed(_at: float) -> None:
    """Every frame is looked at anyway."""


class Motion:
    """Compares small pictures with what the lane looked like a moment ago."""

    def __init__(self) -> None:
        self._usual: NDArray[np.float32] | None = None
        self._restless = np.full(CELLS[::-1], MOST_STEP / TIMES_RESTLESS, np.float32)
        self._at = -math.inf
        self._attentive_until = -math.inf
        self._look_at = -math.inf

    def notice(self, at: float) -> None:
        """A plate was in sight at that time, monotonic seconds."""
        self._attentive_until = max(self._attentive_until, at + AFTER_PLATE_S)

    def wants(self, grey: NDArray[np.uint8], at: float) -> bool:
        """Whether the frame of that time is to be looked at; each frame is to be shown here.

        Args:
            grey: (H, W) brightness, any size.
            at: monotonic seconds, later than the frame before.
        """
        if self._moves(grey, at):
            self._attentive_until = max(self._attentive_until, at + AFTER_MOTION_S)
        if at > self._attentive_until and at < self._look_at:
            return False
        self._look_at = at + IDLE_S
        return True

    def _moves(self, grey: NDArray[np.uint8], at: float) -> bool:
        cells = cv2.resize(grey, CELLS, interpolation=cv2.INTER_AREA).astype(np.float32)
        if self._usual is None:
            self._usual, self._at = cells, at
            return True
        step = np.abs(cells - self._usual)
        enough = np.clip(TIMES_RESTLESS * self._restless, LEAST_STEP, MOST_STEP)
        gone_s, self._at = max(0.0, at - self._at), at
        self._usual += (cells - self._usual) * _share(gone_s, MEMORY_S)
        # who goes by is no restlessness of the place
        self._restless += (np.minimum(step, MOST_STEP) - self._restless) * _share(
            gone_s, RESTLESS_S
        )
        return int((step > enough).sum()) >= LEAST_CELLS


def _share(gone_s: float, memory_s: float) -> float:
    """How much of what is new a memory takes in, of that length, in so many seconds."""
    return 1 - math.exp(-gone_s / memory_s)
