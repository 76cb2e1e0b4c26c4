"""A Jetson's CSI camera as a source of frames.  Unverified on hardware.

The rule to know: it is opened once and never again in one process, and a camera that has fallen
silent ends the process without being stopped: NVIDIA's daemon may not come back before somebody
restarts it (ar0234-jetson-driver #8).
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from threading import Event

import cv2
import numpy as np

from appliance.camerasection import Camera
from appliance.capture import argustext, csi
from appliance.capture.camera import Told, read_only, unheard
from appliance.capture.csi import LOOK_S, Flow
from appliance.capture.gstreamer import (
    BrokenSampleError,
    EndedError,
    GstPipeline,
    Pipeline,
    Sample,
)
from appliance.capture.mask import Places, blackout
from appliance.capture.motion import Motion
from appliance.capture.sensor import frames_between
from appliance.domain import Frame
from appliance.errors import PictureError, StalledError
from appliance.exposure import Settings

Start = Callable[[Camera, Settings], Pipeline]
"""Makes the pipeline run."""
STALE_S = 1.0
"""Age above which a buffer's time is not believed: a stalled camera has no old frames either."""

log = logging.getLogger(__name__)


def start(config: Camera, settings: Settings) -> Pipeline:
    """The camera that is configured."""
    text = argustext.pipeline_text(config, settings)
    return GstPipeline(text, argustext.SOURCE, argustext.FRAMES)


class JetsonCamera:
    """A CSI camera behind NVIDIA's image processor.

    It does not say how a frame was taken, so frames have no `shot`.

    Args:
        config: which one, and how it is set up.
        hidden: what is blacked out.
        motion: says which frames are worth a look; None: all.
        told: hears what is wrong.
        start: makes its pipeline run.
        now: monotonic seconds.
    """

    def __init__(
        self,
        config: Camera,
        hidden: Places = (),
        motion: Motion | None = None,
        told: Told = unheard,
        start: Start = start,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.fault: PictureError | None = None
        self._config, self._hidden, self._motion = config, hidden, motion
        self._start, self._now = start, now
        self._flow = Flow(config, told, now)
        self._stop = Event()
        self._wish = self._asked = csi.at_first(config)
        self._number, self._at = -1, -math.inf  # of the newest frame

    def adjust(self, settings: Settings) -> None:
        """Ask for it, from any thread; the lane's thread hands it on before its next frame."""
        self._wish = settings

    def close(self) -> None:
        """End `frames` within `LOOK_S`, or after the frame that is being looked at."""
        self._stop.set()

    def frames(self) -> Iterator[Frame]:
        """The newest frame each time; what came meanwhile is counted in its number.

        Raises:
            ConfigurationError: the library or NVIDIA's element is not installed.
            PictureError: the camera cannot be opened.
            StalledError: no frame that can be used came for `silent_s`, or none will any more.
        """
        with self._opened() as pipeline:
            self._flow.go_on()
            while not self._stop.is_set():
                frame = self._next(pipeline)
                if frame is not None:
                    yield frame
                    self._flow.go_on()
                self._hand_on(pipeline)

    def _opened(self) -> AbstractContextManager[Pipeline]:
        self._asked = self._wish
        pipeline = self._start(self._config, self._asked)
        log.info("camera %d: started", self._config.number)
        return csi.held(pipeline)

    def _next(self, pipeline: Pipeline) -> Frame | None:
        """The frame; None where none came, it cannot be used, or nothing moves in it."""
        try:
            sample = pipeline.pull(LOOK_S)
            if sample is None:
                self._flow.miss()
                return None
            self._count(sample.at)
        except BrokenSampleError as fault:
            self._flow.skip(fault)
            return None
        except EndedError as fault:
            raise StalledError(f"camera {self._config.number}: {fault}") from fault
        self._flow.sound(self._at)
        if self._motion is not None and not self._motion.wants(sample.brightness, self._at):
            return None
        return Frame(read_only(self._picture(sample)), self._at, self._number)

    def _count(self, stamp: float | None) -> None:
        """Number the frame by its time, which is that of the buffer where it can be.

        nvarguscamerasrc dates a buffer when it hands it on, later than the exposure by what the
        image processor takes.
        """
        now = self._now()
        at = stamp if stamp is not None and 0 <= now - stamp < STALE_S else now
        if at <= self._at:
            raise BrokenSampleError("it is not later than the one before")
        is_first = self._number < 0
        self._number += 1 if is_first else frames_between(self._at, at, 1 / self._config.rate)
        self._at = at

    def _picture(self, sample: Sample) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        """(H, W, 3) BGR."""
        image = cv2.cvtColorTwoPlane(sample.brightness, sample.colour, cv2.COLOR_YUV2BGR_NV12)
        return blackout(np.asarray(image, np.uint8), self._hidden)

    def _hand_on(self, pipeline: Pipeline) -> None:
        """Set what has changed of what is wished for."""
        if self._wish is not self._asked:
            before, self._asked = argustext.settings_of(self._asked), self._wish
            for name, value in argustext.settings_of(self._asked).items():
                if value != before[name]:
                    pipeline.set(name, value)
