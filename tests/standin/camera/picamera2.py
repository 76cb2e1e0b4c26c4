"""Stands in for picamera2 in a process of its own: an empty lane, which stalls where it is told."""

import os

import numpy as np

from appliance.capture.fakepi import fake_library
from appliance.capture.fakesensor import FakeSensor

SIZE = (640, 480)
STALLS_AT = os.environ.get("STALLS_AT")

_sensor = FakeSensor(
    lambda _: np.full((SIZE[1], SIZE[0], 3), 90, np.uint8),
    SIZE,
    stalls_at=int(STALLS_AT) if STALLS_AT else None,
    paced=True,
)
_library = fake_library(_sensor)
Picamera2 = _library.picamera2.Picamera2
MappedArray = _library.picamera2.MappedArray
ColorSpace = _library.libcamera.ColorSpace
