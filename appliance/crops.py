"""The best view of each plate in sight, for the picture beside its passage.

The rule to know: nothing but the plate and a narrow rim round it is ever kept, one picture a plate,
and in memory; only the newest passage's comes to the card, and goes with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.domain import Box, Frame, Sighting

RIM = 0.05
"""Share of the plate's width that is left round it: corners err, and a plate has an edge."""
WIDEST = 400
"""Pixels of the picture's longer side: a plate that fills more is made smaller."""
QUALITY = 85
LARGEST = 200_000
"""Bytes; more than any plate has.  Brokers drop a client that sends too much."""


@dataclass(slots=True)
class Crops:
    """The best view of each track's plate so far.

    Attributes:
        is_kept: false: nobody wants them, and none is.
    """

    is_kept: bool = True
    best: dict[int, tuple[float, NDArray[np.uint8]]] = field(default_factory=dict, init=False)

    def watch(
        self,
        frame: Frame,
        sighted: Sequence[tuple[int, Sighting]],
        last_at: Callable[[int], float | None],
    ) -> None:
        """Take in a frame, and forget who is in sight no more.

        Args:
            frame: the newest.
            sighted: its sightings, each with the number of its track.
            last_at: when a track was sighted last; None where it is over.
        """
        if not self.is_kept:
            return
        self.best = {track: view for track, view in self.best.items() if last_at(track) is not None}
        for track, sighting in sighted:
            confidence = sighting.read.confidence
            if track not in self.best or confidence > self.best[track][0]:
                self.best[track] = confidence, _cut_out(frame.image, sighting.detection.box)

    def take(self, track: int) -> bytes:
        """The JPEG of a track that is over, at most LARGEST bytes; empty where there is none."""
        _, view = self.best.pop(track, (0.0, np.empty((0, 0, 3), np.uint8)))
        if not view.size:
            return b""
        _, content = cv2.imencode(".jpg", view, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        return content.tobytes() if content.nbytes <= LARGEST else b""


def _cut_out(image: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """A copy of the plate in a (H, W, 3) BGR image, WIDEST pixels at most; maybe empty."""
    rim = RIM * box.width
    x1, y1 = max(0, math.floor(box.x1 - rim)), max(0, math.floor(box.y1 - rim))
    x2, y2 = max(0, math.ceil(box.x2 + rim)), max(0, math.ceil(box.y2 + rim))
    view = image[y1:y2, x1:x2]
    longer = max(view.shape[:2])
    if not view.size or longer <= WIDEST:
        return np.array(view, np.uint8)
    scale = WIDEST / longer
    size = max(1, round(view.shape[1] * scale)), max(1, round(view.shape[0] * scale))
    return np.asarray(cv2.resize(view, size, interpolation=cv2.INTER_AREA), np.uint8)
