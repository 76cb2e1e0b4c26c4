"""The Raspberry Pi's camera as a source of frames.  Unverified on hardware.

The rule to know: the buffers are few, and a camera that has none left stands still.  So a request
goes back before anybody looks at its picture, and that of an empty lane is not even copied.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import Event
from typing import Any

from appliance.camerasection import Camera
from appliance.capture import csi, sensor
from appliance.capture.camera import Told, read_only, unheard
from appliance.capture.csi import LOOK_S, Flow
from appliance.capture.mask import Places, blackout
from appliance.capture.motion import Motion
from appliance.capture.picamera import BUFFERS, BrokenFrameError, Device, Library, import_library
from appliance.domain import Frame
from appliance.errors import PictureError
from appliance.exposure import Settings, Shot

PATIENCE = 3 * BUFFERS
"""Frames after which settings that do not show are asked for again."""

log = logging.getLogger(__name__)


def clocks_ns() -> tuple[int, int]:
    """What CLOCK_MONOTONIC says, and CLOCK_BOOTTIME, which goes on while suspended."""
    return time.monotonic_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a frame says of itself: when (monotonic seconds), how, and how long a frame takes."""

    at: float
    shot: Shot
    interval_s: float


class PiCamera:
    """A CSI camera.

    Args:
        config: which one, and how it is set up.
        hidden: what is blacked out.
        motion: says which frames are worth a look; None: all.
        told: hears what is wrong.
        library: picamera2 and libcamera; None: the installed ones.
        clocks: nanoseconds of both clocks, the monotonic first.
    """

    def __init__(
        self,
        config: Camera,
        hidden: Places = (),
        motion: Motion | None = None,
        told: Told = unheard,
        library: Library | None = None,
        clocks: Callable[[], tuple[int, int]] = clocks_ns,
    ) -> None:
        self.fault: PictureError | None = None
        self._config, self._hidden, self._motion = config, hidden, motion
        self._told, self._library, self._clocks = told, library, clocks
        self._flow = Flow(config, told)
        self._stop = Event()
        self._wish = self._asked = csi.at_first(config)
        self._asked_at = 0  # a number of a frame
        self._holds = False  # what was asked for
        self._number, self._at = -1, -math.inf  # of the newest frame

    def adjust(self, settings: Settings) -> None:
        """Ask for it, from any thread; the lane's thread hands it on before its next frame."""
        self._wish = settings

    def close(self) -> None:
        """End `frames` within `LOOK_S`, or after the frame that is being looked at."""
        self._stop.set()

    def frames(self) -> Iterator[Frame]:
        """The next frame that comes, each time; what came meanwhile is counted in its number.

        Raises:
            ConfigurationError: the library is not installed, or the camera has not what is asked.
            PictureError: the camera cannot be opened.
            StalledError: no frame that can be used came for `silent_s`.
        """
        with self._opened() as device:
            self._flow.go_on()
            while (request := self._next(device)) is not None:
                frame = self._looked_at(device, request)
                if frame is not None:
                    yield frame
                    self._flow.go_on()
                self._hand_on(device)

    def _opened(self) -> AbstractContextManager[Device]:
        self._asked = self._wish
        device = Device(self._library or import_library(), self._config, self._asked)
        log.info("camera %d: %dx%d", self._config.number, *device.size)
        return csi.held(device)

    def _next(self, device: Device) -> Any | None:  # noqa: ANN401  # picamera2's request
        """The request of the next frame; None where the camera was closed."""
        order = device.order()
        while not self._stop.is_set():
            request = device.wait(order, LOOK_S)
            if request is not None:
                return request
            self._flow.miss()
        return None

    def _looked_at(self, device: Device, request: Any) -> Frame | None:  # noqa: ANN401
        """The frame; None where it cannot be used, or nothing moves in it."""
        try:
            try:
                taken = self._taken(request.get_metadata())
                self._count(device, taken)
                if not self._is_wanted(device, request, taken.at):
                    return None
                image = device.picture(request)
            finally:
                request.release()
        except BrokenFrameError as fault:
            self._flow.skip(fault)
            return None
        self._flow.sound(taken.at)
        image = blackout(image, self._hidden)
        return Frame(read_only(image), taken.at, self._number, shot=taken.shot)

    def _taken(self, metadata: dict[str, Any]) -> Taken:
        try:
            stamp, exposure_us = int(metadata["SensorTimestamp"]), float(metadata["ExposureTime"])
            shot = Shot(exposure_us / 1e6, float(metadata["AnalogueGain"]), metadata.get("Lux"))
            clocks = self._clocks()
            at = clocks[0] / 1e9 - sensor.age_s(stamp, clocks)
        except KeyError as fault:
            raise BrokenFrameError(f"it comes without {fault.args[0]}") from fault
        except (TypeError, ValueError) as fault:
            raise BrokenFrameError(str(fault)) from fault
        if at <= self._at:
            raise BrokenFrameError("it is not later than the one before")
        between_us = metadata.get("FrameDuration") or 1e6 / self._config.rate
        return Taken(at, shot, between_us / 1e6)

    def _count(self, device: Device, taken: Taken) -> None:
        """Number the frame by its time, and see whether it was taken as asked."""
        if self._number < 0:
            self._number = 0
        else:
            self._number += sensor.frames_between(self._at, taken.at, taken.interval_s)
        self._at = taken.at
        exposure_s, gain = device.within(self._asked)
        self._holds = sensor.is_alike(taken.shot, exposure_s, gain)
        if self._holds:
            self._told("camera settings", None)

    def _is_wanted(self, device: Device, request: Any, at: float) -> bool:  # noqa: ANN401
        return self._motion is None or self._motion.wants(device.grey(request), at)

    def _hand_on(self, device: Device) -> None:
        """Set what is wished for; again where it does not show, for a control may get lost."""
        wish = self._wish
        is_lost = not self._holds and self._number - self._asked_at > PATIENCE
        if is_lost:
            words = f"1/{1 / wish.exposure_s:.0f} s at gain {wish.gain:.1f}"
            self._told("camera settings", f"the camera does not take its frames as asked: {words}")
        if wish is not self._asked or is_lost:
            device.ask(wish)
            self._asked, self._asked_at, self._holds = wish, self._number, False
