"""The camera that emulated units look through."""

from __future__ import annotations

import time
from itertools import islice
from threading import Event, Thread

import pytest

from appliance.capture.live import LiveCamera
from tools.machine import camera
from tools.machine.camera import (
    EMPTY,
    OPENING,
    PAUSE,
    SHOWN,
    SILENT_S,
    SIZE,
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


@pytest.fixture
def cameras(monkeypatch: pytest.MonkeyPatch) -> Cameras:
    """One picture a minute, and in haste many a second."""
    for name, seconds in (("VEHICLE_S", 60.0), ("EMPTY_S", 60.0), ("SOON_S", 0.05)):
        monkeypatch.setattr(camera, name, seconds)
    return Cameras()


def test_a_unit_sees_it_as_a_network_camera(cameras: Cameras) -> None:
    """What waited at its opening is passed over."""
    looking = LiveCamera(f"http://127.0.0.1:{cameras.port}/road-1", SILENT_S)
    with cameras.haste("road-1"):
        frames = list(islice(looking.frames(), 3))
    looking.close()
    assert {frame.image.shape for frame in frames} == {(SIZE[1], SIZE[0], 3)}
    assert frames[0].number >= OPENING - 1


def test_haste_ends_the_pause_that_goes_on(cameras: Cameras) -> None:
    """Of the one who is in haste, and of nobody else."""
    shown, other = cameras.show("road-1"), cameras.show("road-2")
    for each in [shown, other] * OPENING:
        next(each)
    came = Event()
    waiting = Thread(target=lambda: (next(other), came.set()), daemon=True)
    waiting.start()
    with cameras.haste("road-1"):
        began = time.monotonic()
        next(shown)
        assert time.monotonic() - began < 60.0
    assert not came.is_set()
    with cameras.haste("road-2"):
        assert came.wait(30.0)
