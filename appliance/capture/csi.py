"""What all CSI cameras have in common, whoever makes them: their beginning, their end, silence.

The rule to know: a camera that has fallen silent is abandoned, not closed, for closing it might
never return; the process ends, and the next one begins afresh.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from appliance.camerasection import Camera
from appliance.capture.camera import Told
from appliance.errors import StalledError
from appliance.exposure import Settings

LOOK_S = 0.2  # how soon it is noticed that a camera was closed
CALM_S = 30.0
"""Seconds without a broken frame after which broken frames are no longer a problem."""
FRAMES = "camera frames"
"""The problem's key."""


class Running(Protocol):
    """A camera that gives frames."""

    def close(self) -> None:
        """End it."""

    def abandon(self) -> None:
        """Leave it as it is: the process will end."""


Runs = TypeVar("Runs", bound=Running)


@contextmanager
def held(running: Runs) -> Iterator[Runs]:
    """Close it at the end, whatever that is, but for StalledError, after which it is abandoned."""
    try:
        yield running
    except StalledError:
        running.abandon()
        raise
    except BaseException:  # GeneratorExit too: nobody asks for frames any more
        running.close()
        raise
    running.close()


def at_first(config: Camera) -> Settings:
    """What is asked for where nobody has asked for anything."""
    return Settings("day", config.exposure_s, config.gain, colour=True, filtered=True, lit=False)


class Flow:
    """Whether frames that can be used come.

    Args:
        config: the camera.
        told: hears of broken frames, and when they are over.
        now: monotonic seconds.

    Attributes:
        broken: frames that could not be used.
    """

    def __init__(
        self, config: Camera, told: Told, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.broken = 0
        self._config, self._told, self._now = config, told, now
        self._sound_at = self._broken_at = -math.inf  # when a frame could be used, or could not

    def go_on(self) -> None:
        """Count silence from now on: at the beginning, and when the lane has had its time."""
        self._sound_at = self._now()

    def sound(self, at: float) -> None:
        """A frame that was taken then can be used."""
        if at > self._broken_at + CALM_S:
            self._told(FRAMES, None)
        self.go_on()

    def skip(self, fault: Exception) -> None:
        """A frame cannot be used; StalledError where none could for `silent_s`."""
        self.broken += 1
        if self._now() > self._broken_at + CALM_S:  # the first of them says enough
            self._told(FRAMES, f"frames of the camera cannot be used: {fault}")
        self._broken_at = self._now()
        self.miss(f"no frame that can be used, the last because {fault},")

    def miss(self, what: str = "no frame") -> None:
        """There is none; StalledError where there was none for `silent_s`."""
        silent_s = self._now() - self._sound_at
        if silent_s > self._config.silent_s:
            raise StalledError(f"camera {self._config.number}: {what} for {silent_s:.0f} s")
