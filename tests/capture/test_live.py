"""The silence of a live camera, over a capture whose frames a test decides."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from appliance.capture import live
from appliance.capture.live import LiveCamera
from appliance.errors import StalledError
from tests.conftest import until

SILENT_S = 0.5


class Hiccup:
    """A stream in which there is no frame once, after the first."""

    is_open = is_network = True

    def __init__(self, _source: str, _silent_s: float) -> None:
        self.comes = iter([True, False])

    def newest(self) -> live._Taken:
        """What OpenCV would give."""
        there = next(self.comes, True)
        image = np.zeros((48, 64, 3), np.uint8) if there else None
        return live._Taken(0, time.monotonic(), image)

    def open(self, _within_s: float) -> None:
        """It is there."""

    def close(self) -> None:
        """It has nothing to let go."""


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> Iterator[Iterator[object]]:
    """What the port gives of it."""
    monkeypatch.setattr(live, "_Capture", Hiccup)
    camera = LiveCamera("rtsp://camera", SILENT_S)
    yield camera.frames()
    camera.close()


def test_the_time_of_the_lane_is_not_the_silence_of_the_camera(frames: Iterator[object]) -> None:
    """A card that was slow to take a passage ends no unit because a packet was damaged then."""
    next(frames)
    looked_until = time.monotonic() + 2 * SILENT_S
    until(lambda: time.monotonic() > looked_until, "the lane has looked at it")
    next(frames)


def test_one_that_stays_silent_is_stalled(
    frames: Iterator[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is asked."""
    next(frames)
    monkeypatch.setattr(Hiccup, "newest", lambda _: live._Taken(0, time.monotonic(), None))
    begun = time.monotonic()
    with pytest.raises(StalledError, match="no frame for"):
        next(frames)
    assert time.monotonic() - begun > SILENT_S
