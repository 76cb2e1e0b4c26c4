"""The whole unit behind a Jetson's camera that stalls, breaks frames and is late."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from appliance import app
from appliance.camerasection import Camera
from appliance.capture.argus import JetsonCamera
from appliance.capture.fakegst import FakePipeline
from appliance.capture.motion import Motion
from appliance.config import Config, Recognition, Store
from appliance.domain import Frame, Passage
from appliance.errors import ConfigurationError, StalledError
from appliance.exposure import Settings
from appliance.health import Health
from appliance.source import Source, live_source
from appliance.stamp import LiveStamp
from tests.test_delivery import CLIP, TRUTH

RATE = 15.0
SIZE = (1280, 720)
EMPTY = 240  # frames of an empty lane before and behind the clip
BRIGHTER = Settings("day", 1 / 400, 4.5, colour=True, filtered=True, lit=False)


class Restless(JetsonCamera):
    """A camera of which somebody keeps asking something else, as daylight does."""

    def frames(self) -> Iterator[Frame]:
        """The same; new settings with each fiftieth frame, which show some frames later."""
        usual = self._wish
        for count, frame in enumerate(super().frames()):
            if count % 50 == 49:
                self.adjust(BRIGHTER if self._wish is usual else usual)
            yield frame


def lane() -> list[NDArray[np.uint8]]:
    """The bundled clip, with an empty lane before and behind it."""
    clip, found = cv2.VideoCapture(str(CLIP)), []
    while (read := clip.read())[0]:
        found.append(np.asarray(read[1], np.uint8))
    empty = np.full((SIZE[1], SIZE[0], 3), 114, np.uint8)
    return [empty] * EMPTY + found + [empty] * EMPTY


def test_the_unit_reads_who_goes_by_whatever_the_camera_does(tmp_path: Path) -> None:
    """From NV12: each vehicle once, with frames broken and settings late.

    An empty lane is hardly looked at; and when no frame comes any more the unit ends, without
    stopping a camera that would not stop.
    """
    pictures = lane()
    wrong = ("shape", "late", "timeless", "stale")
    pipeline = FakePipeline(
        pictures.__getitem__,
        RATE,
        broken={number: wrong[number % len(wrong)] for number in range(245, 480, 7)},
        stalls_at=len(pictures),
        time=time.monotonic(),
    )
    camera = Camera.model_validate({"kind": "jetson", "silent_s": 1, "rate": RATE})
    config = Config(camera=camera, store=Store(folder=tmp_path), recognition=Recognition(threads=1))
    health, motion, passages = Health(), Motion(), list[Passage]()
    jetson = Restless(
        camera, (), motion, health.problem, start=lambda *_: pipeline, now=pipeline.now
    )
    source = Source(jetson, LiveStamp(health.clock), recording=False, notice=motion.notice)
    with pytest.raises(StalledError, match="camera 0: no frame for 1 s"):
        app.run_unit(config, health, source, lambda passage, _: passages.append(passage))
    assert [passage.settled.read.text for passage in passages] == TRUTH
    assert pipeline.history[-1] == ("abandon", None)
    assert ("exposuretimerange", "2500000 2500000") in pipeline.history
    vitals = health.snapshot()
    assert any("cannot be used" in problem for problem in vitals.problems)
    assert (len(pictures) - 2 * EMPTY) / 2 < vitals.frames < len(pictures) - EMPTY / 2


def test_a_configuration_names_the_camera() -> None:
    """It is live, so it may open a gate; without its library it says so where it is opened."""
    source = live_source(Config(camera=Camera(kind="jetson")), Health())
    assert not source.recording
    assert isinstance(source.camera, JetsonCamera)
    assert source.camera._motion is not None
    assert source.notice == source.camera._motion.notice
    with pytest.raises(ConfigurationError, match=r"python3-gi|nvarguscamerasrc"):
        next(source.camera.frames())
