"""The camera that emulated units look through."""

from __future__ import annotations

import time
from itertools import islice

from appliance.capture.live import LiveCamera
from tools.machine.camera import (
    EMPTY,
    OPENING,
    PAUSE,
    SHOWN,
    SILENT_S,
    SIZE,
    SOON_S,
    VEHICLE_S,
    VEHICLES,
    Cameras,
    lane,
)


def test_every_vehicle_comes_by() -> None:
    """In a few pictures, and the lane is empty before the next one."""
    count = SHOWN + PAUSE
    shown = list(islice(lane(), count * len(VEHICLES)))
    for (begin, step), at in zip(VEHICLES, range(0, len(shown), count), strict=True):
        assert shown[at : at + SHOWN] == [begin + turn * step for turn in range(SHOWN)]
        assert set(shown[at + SHOWN : at + count]) == {EMPTY}


def test_a_unit_sees_it_as_a_network_camera() -> None:
    """What waited at its opening is passed over; in haste the next picture comes sooner."""
    cameras = Cameras()
    camera = LiveCamera(f"http://127.0.0.1:{cameras.port}/road-1", SILENT_S)
    with cameras.haste("road-1"):
        first, second = islice(camera.frames(), 2)
    camera.close()
    assert first.image.shape == (SIZE[1], SIZE[0], 3)
    assert first.number >= OPENING - 1
    assert SOON_S - 0.5 < second.at - first.at < VEHICLE_S


def test_haste_ends_the_pause_that_goes_on() -> None:
    """Of the one who is in haste, and of nobody else."""
    cameras = Cameras()
    shown = cameras.show("road-1")
    for _ in range(OPENING):
        next(shown)
    with cameras.haste("road-2"):
        began = time.monotonic()
        next(shown)
        assert time.monotonic() - began >= VEHICLE_S - 0.1
    with cameras.haste("road-1"):
        began = time.monotonic()
        next(shown)
        assert time.monotonic() - began < VEHICLE_S - 0.1
