"""A stand-in for a Jetson's camera pipeline that obeys its rules; no board, no GStreamer.

The rule to know: a frame comes when somebody pulls, so nothing here depends on how fast a machine
is; its clock goes on by one frame each.  What is kept of the real one:

* only the newest frame is there; those that nobody came for are gone;
* what is set shows some frames later, and no frame says how it was taken;
* a camera that has stalled gives nothing more, and stopping it never returns;
* after its end or a fault no frame comes any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.capture.gstreamer import BrokenSampleError, EndedError, Sample
from appliance.errors import ConfigurationError

LATER = 5
"""Frames until a property shows; Argus has four requests under way."""
LATENCY_S = 0.05
"""From the exposure to the appsink."""
PROPERTIES = ("exposuretimerange", "gainrange", "saturation")


@dataclass(slots=True)
class FakePipeline:
    """What there is to be seen, and what goes wrong.

    Attributes:
        picture: the (H, W, 3) BGR picture of a frame, by its number; its sides are even.
        rate: frames a second.
        passing: frames that pass between two pulls, while the lane is busy.
        broken: what is wrong with a frame, by its number: "shape", "late" for a time that was
            before, "timeless" for none, "stale" for one of long ago.
        stalls_at: number of the frame that never comes.
        ends_at: number of the frame instead of which it says that it has ended.
        time: monotonic seconds as the frames go.
        history: what was done to it, in order.
    """

    picture: Callable[[int], NDArray[np.uint8]]
    rate: float = 25.0
    passing: int = 0
    broken: Mapping[int, str] = field(default_factory=dict)
    stalls_at: int | None = None
    ends_at: int | None = None
    time: float = 1000.0
    history: list[tuple[str, Any]] = field(default_factory=list)
    number: int = -1
    shown: dict[str, str | float] = field(default_factory=dict)
    coming: list[tuple[int, str, str | float]] = field(default_factory=list)

    def now(self) -> float:
        """Its clock."""
        return self.time

    def pull(self, wait_s: float) -> Sample | None:
        """The newest frame."""
        if self._is_stalled():
            self.time += wait_s
            return None
        if self.ends_at is not None and self.number + 1 >= self.ends_at:
            raise EndedError("source: NvArgusCameraSrc: DISCONNECTED")
        passed = 1 + (self.passing if self.number >= 0 else 0)
        self.number += passed
        self.time += passed / self.rate
        for _, name, value in (c for c in self.coming if c[0] <= self.number):
            self.shown[name] = value
        self.coming = [c for c in self.coming if c[0] > self.number]
        return self._sample(self.broken.get(self.number, ""))

    def set(self, name: str, value: str | float) -> None:
        """Change a property."""
        if name not in PROPERTIES:
            raise ConfigurationError(f"camera: its source has no property {name}")
        self.history.append((name, value))
        self.coming.append((self.number + LATER, name, value))

    def close(self) -> None:
        """End it."""
        if self._is_stalled():
            raise AssertionError("a camera that has stalled never stops")
        self.history.append(("close", None))

    def abandon(self) -> None:
        """Leave it as it is."""
        self.history.append(("abandon", None))

    def _is_stalled(self) -> bool:
        return self.stalls_at is not None and self.number + 1 >= self.stalls_at

    def _sample(self, fault: str) -> Sample:
        if fault == "shape":
            raise BrokenSampleError("it has 7 bytes, too few for 64x48 px")
        at = {"late": self.time - 1 / self.rate - LATENCY_S, "stale": 3.0}.get(fault, self.time)
        planes = nv12(self.picture(self.number))
        return Sample(*planes, None if fault == "timeless" else at - LATENCY_S)


def nv12(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A BGR picture as its two planes."""
    height, width = picture.shape[:2]
    planar = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
    colours = planar[height:].reshape(2, height // 2, width // 2)
    return np.asarray(planar[:height], np.uint8), np.ascontiguousarray(colours.transpose(1, 2, 0))
