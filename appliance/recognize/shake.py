"""By how much the picture shakes: a mast in the wind, a loose bracket, a lorry on the bridge.

The rule to know: it looks at a few frames now and then and at four small places of them, and what
it cannot tell (a dark night, a wall of one colour) it does not tell.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.domain import Frame

EVERY_S, BURST, LONGEST_S = 20.0, 12, 8.0
"""Between two looks, frames of a look, and the seconds that it may take: a slow mast sways at 1 Hz,
a bracket at 10; what is faster than the frames shows too, only folded down."""
PLACES = ((0.2, 0.25), (0.8, 0.25), (0.2, 0.75), (0.8, 0.75))
"""Middles of the places, shares of the picture: off the rims, where cameras print the time, and off
the middle, where vehicles drive."""
SIDE, LEAST_SIDE = 128, 32
DULL, BLACKED = 4.0, 0.02
"""Deviation of grey levels from which a place shows something; share of pixels of level 0 up to
which it is not partly blacked out, whose edge never shakes."""
MATCHED = 0.15
"""Response of the phase correlation, 0 to 1, from which it found the place again."""
LOOKS = 5
"""Newest looks whose median counts: a lorry that drives through one does not."""

Places = tuple[NDArray[np.float32] | None, ...]


@dataclass(slots=True)
class Shake:
    """Compares the frames of a look with its first, place by place."""

    looks: deque[float] = field(default_factory=lambda: deque(maxlen=LOOKS), init=False)
    next_at: float = field(default=0.0, init=False)  # seconds, of the frames
    first: Places = field(default=(), init=False)
    first_at: float = field(default=0.0, init=False)
    size: tuple[int, int] = field(default=(0, 0), init=False)
    shifts: list[tuple[float, float]] = field(default_factory=list, init=False)

    @property
    def px(self) -> float | None:
        """Standard deviation of the picture's place in pixels, both ways together; None: unknown.

        Shifts are found to 0.1 px or so (`tests/recognize/test_shake.py`).
        """
        return median(self.looks) if self.looks else None

    def watch(self, frame: Frame) -> bool:
        """Take in a frame; true where a look has ended with it."""
        if frame.cut or frame.size != self.size:
            self.first, self.next_at, self.size = (), min(self.next_at, frame.at), frame.size
        if not self.first:
            if frame.at >= self.next_at:
                self._begin(frame)
            return False
        if frame.at - self.first_at <= LONGEST_S:
            self._compare(frame)
            if len(self.shifts) < BURST:
                return False
        return self._end()

    def _begin(self, frame: Frame) -> None:
        self.first, self.first_at = _places(frame.image), frame.at
        self.next_at = frame.at + EVERY_S
        self.shifts = [(0.0, 0.0)]

    def _compare(self, frame: Frame) -> None:
        found = []
        for before, now in zip(self.first, _places(frame.image), strict=True):
            if before is not None and now is not None:
                shift, response = cv2.phaseCorrelate(before, now, _window(len(now)))
                if response >= MATCHED:
                    found.append(shift)
        if len(found) > 1:
            self.shifts.append((median(x for x, _ in found), median(y for _, y in found)))
        elif len(self.shifts) == 1:  # nothing to be seen: not worth the rest of the look
            self.first = ()

    def _end(self) -> bool:
        enough = len(self.shifts) > BURST // 2
        if enough:
            self.looks.append(float(np.hypot(*np.std(self.shifts, axis=0))))
        self.first = ()
        return enough


def _places(image: NDArray[np.uint8]) -> Places:
    """The green of a (H, W, 3) BGR picture at PLACES, squares; None where one shows nothing."""
    height, width = image.shape[:2]
    side = min(SIDE, height // 3, width // 3)
    if side < LEAST_SIDE:
        return (None,) * len(PLACES)
    cut = []
    for x, y in PLACES:
        left, top = round(x * width - side / 2), round(y * height - side / 2)
        place = image[max(0, top) :, max(0, left) :, 1][:side, :side]
        shows = place.std() >= DULL and (place == 0).mean() <= BLACKED
        cut.append(place.astype(np.float32) if shows else None)
    return tuple(cut)


def _window(side: int) -> NDArray[np.float32]:
    """Hann's, so that the place's own rim is no edge."""
    return np.asarray(cv2.createHanningWindow((side, side), cv2.CV_32F), np.float32)
