"""What a camera sees, and what goes wrong with it, where there is none: for `fakepi`.

The rule to know: its clock goes on by one frame each, so nothing depends on how fast a machine is;
unless it is paced, which is for whole processes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Limits = dict[str, tuple[Any, Any, Any]]
LINE_US, GAIN_STEP = 14.8, 1 / 16
PADDING = 77  # a byte that nobody may take for a pixel


def advertised(size: tuple[int, int], *, colour: bool = True, motor: bool = False) -> Limits:
    """Controls as libcamera names them, with least, most and default."""
    crop = (0, 0, *size)
    limits: Limits = {
        "AeEnable": (False, True, True),
        "ExposureTime": (29, 15_534_385, 20_000),
        "AnalogueGain": (1.0, 16.0, 1.0),
        "FrameDurationLimits": (16_562, 15_534_444, 33_333),
        "NoiseReductionMode": (0, 4, 0),
        "ScalerCrop": ((0, 0, 64, 64), crop, crop),
    }
    if colour:
        limits |= {"AwbEnable": (False, True, True), "ColourGains": (0.0, 32.0, 1.0)}
        limits |= {"Saturation": (0.0, 32.0, 1.0)}
    if motor:
        limits |= {"AfMode": (0, 2, 0), "LensPosition": (0.0, 15.0, 1.0)}
    return limits


@dataclass(slots=True)
class FakeSensor:
    """What there is to be seen, and what goes wrong.

    Attributes:
        picture: the (H, W, 3) BGR picture of a frame, by its number.
        size: of its only mode.
        rate: frames a second.
        controls: that it advertises.
        light: by the number of a frame, 1 where the first settings expose it well; 0 with a cap on.
        broken: what is wrong with a frame, by its number: the name of what is missing in its
            metadata, "late" for a time that was before, "shape", or "empty" for no memory.
        stalls_at: number of the frame that never comes.
        passing: frames that pass between two orders, while the lane is busy.
        paced: frames come in real time, and pass as long as nobody waits for one.
        suspended_s: how far CLOCK_BOOTTIME is ahead.
        stamps_boottime: whether time stamps are of that clock, as documented.
        deaf: controls that the sensor does not follow.
        history: what was done to the camera, in order.
        held: requests that were not given back.
    """

    picture: Callable[[int], NDArray[np.uint8]]
    size: tuple[int, int] = (1456, 1088)
    rate: float = 25.0
    controls: Limits | None = None
    light: Callable[[int], float] = lambda _: 1.0
    broken: Mapping[int, str] = field(default_factory=dict)
    stalls_at: int | None = None
    passing: int = 0
    paced: bool = False
    suspended_s: float = 0.0
    stamps_boottime: bool = False
    deaf: Collection[str] = ()
    history: list[tuple[str, Any]] = field(default_factory=list)
    held: int = 0
    now_ns: int = field(default_factory=time.monotonic_ns)

    def clocks(self) -> tuple[int, int]:
        """CLOCK_MONOTONIC and CLOCK_BOOTTIME as the frames go."""
        return self.now_ns, self.now_ns + round(self.suspended_s * 1e9)

    def pass_on(self, is_first: bool) -> int:
        """Go on to the next frame that somebody waits for; returns by how many that is."""
        interval_ns = round(1e9 / self.rate)
        passed = 1 if is_first else 1 + self.passing
        if self.paced:
            Event().wait(max(0, self.now_ns + interval_ns - time.monotonic_ns()) / 1e9)
            passed = max(1, (time.monotonic_ns() - self.now_ns) // interval_ns)
        self.now_ns += passed * interval_ns
        return passed

    def metadata(self, number: int, holding: Mapping[str, Any]) -> dict[str, Any]:
        """What a frame of that number says of itself, taken while the controls are these."""
        exposure_us = round(round(holding["ExposureTime"] / LINE_US) * LINE_US)
        stamp = self.clocks()[self.stamps_boottime] - round(0.4e9 / self.rate)
        fault = self.broken.get(number, "")
        told = {
            "SensorTimestamp": stamp - round(1e9 if fault == "late" else 0),
            "ExposureTime": min(exposure_us, round(1e6 / self.rate)),
            "AnalogueGain": round(holding["AnalogueGain"] / GAIN_STEP) * GAIN_STEP,
            "DigitalGain": 1.0,
            "FrameDuration": round(1e6 / self.rate),
            "Lux": 400.0 * self.light(number),
            "ScalerCrop": holding.get("ScalerCrop", (0, 0, *self.size)),
        }
        return {name: value for name, value in told.items() if name != fault}

    def streams(
        self, number: int, holding: Mapping[str, Any], config: Mapping[str, Any]
    ) -> dict[str, NDArray[np.uint8] | None]:
        """The memory of its two streams, by their names."""
        fault = self.broken.get(number, "")
        if fault == "empty":
            return {"main": None, "lores": None}
        left, top, wide, high = holding.get("ScalerCrop", (0, 0, *self.size))
        seen = self.picture(number)[top : top + high, left : left + wide]
        light = self.light(number) * _exposed(holding, config["controls"])
        if light != 1:
            seen = np.asarray(cv2.convertScaleAbs(seen, alpha=light), np.uint8)
        streams = {name: _planes(seen, config[name]) for name in ("main", "lores")}
        return {n: planes[:-2] if fault == "shape" else planes for n, planes in streams.items()}


def _exposed(holding: Mapping[str, Any], first: Mapping[str, Any]) -> float:
    """How much brighter than at the start."""
    keys = ("ExposureTime", "AnalogueGain")
    return float(math.prod(holding[key] / first[key] for key in keys))


def _planes(picture: NDArray[np.uint8], stream: Mapping[str, Any]) -> NDArray[np.uint8]:
    """A (H, W, 3) BGR picture as a stream's memory: Y, U and V below one another, padded."""
    (width, height), stride = stream["size"], stream["stride"]
    if picture.shape[1::-1] != (width, height):
        small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        picture = np.asarray(small, np.uint8)
    tight = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
    padded = np.full((height * 3 // 2, stride), PADDING, np.uint8)
    padded[:height, :width] = tight[:height]
    colours = padded[height:].reshape(height, stride // 2)
    colours[:, : width // 2] = tight[height:].reshape(height, width // 2)
    return padded
