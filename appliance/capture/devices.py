"""Which cameras are there: CSI sensors through libcamera, video devices as the kernel lists them.

The rule to know: nothing is started.  A CSI camera is opened for a moment to learn its modes; where
the unit has it, it stays the unit's, and only its name is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.capture.picamera import OPENING, Library, modes_of
from appliance.capture.sensor import Mode

CLASS = Path("/sys/class/video4linux")
USB = "/usb"
"""Part of libcamera's name of a USB camera, which it lists too."""
PARTS = ("bcm2835-codec", "bcm2835-isp", "pispbe", "rpivid", "rpi-hevc-dec")
"""Drivers of the Pi's decoders and image processors, which are no cameras."""
RECEIVERS = ("unicam", "rp1-cfe")
"""Drivers that take in what a CSI sensor sends, raw."""
JETSON = "vi-output"
"""How NVIDIA's kernel begins the name of a CSI sensor."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """A CSI camera.

    Attributes:
        number: for `camera.number`.
        model: of the sensor, as its driver says.
        place: libcamera's name of it, which says where it is connected.
        modes: how it can be read out; none where `fault` says why.
        fault: why nobody knows; empty where all is well.
    """

    number: int
    model: str
    place: str
    modes: tuple[Mode, ...]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class VideoDevice:
    """A device that takes pictures, or seems to.

    Attributes:
        path: for `camera.source`.
        name: as the device says.
        driver: the kernel's; empty where it does not say.
        advice: how it is used.
    """

    path: str
    name: str
    driver: str
    advice: str


def sensors(library: Library) -> list[Sensor]:
    """Every CSI camera, with its modes; this takes about a second for each."""
    told = library.picamera2.Picamera2.global_camera_info()
    return [
        _sensor(library, number, one) for number, one in enumerate(told) if USB not in one["Id"]
    ]


def _sensor(library: Library, number: int, told: dict[str, Any]) -> Sensor:
    model, place = str(told.get("Model", "unknown")), str(told["Id"])
    try:
        return Sensor(number, model, place, _modes(library, number))
    except OPENING as why:
        fault = f"its modes cannot be read, as when the unit runs with it: {why}"
        return Sensor(number, model, place, (), fault)


def _modes(library: Library, number: int) -> tuple[Mode, ...]:
    camera = library.picamera2.Picamera2(number)
    try:
        return tuple(modes_of(camera))
    finally:
        camera.close()


def video_devices(folder: Path = CLASS) -> list[VideoDevice]:
    """What could be a camera among the kernel's video devices, in the order of their numbers."""
    found = sorted(folder.glob("video*"), key=lambda path: (len(path.name), path.name))
    devices = [_device(path) for path in found if _takes_pictures(path)]
    return [device for device in devices if device.driver not in PARTS]


def _takes_pictures(path: Path) -> bool:
    """Of a USB camera the first device only; the others give what it says about its pictures."""
    return _driver(path) != "uvcvideo" or _text(path / "index") in ("", "0")


def _device(path: Path) -> VideoDevice:
    name, driver = _text(path / "name"), _driver(path)
    device = f"/dev/{path.name}"
    if driver in RECEIVERS:
        advice = "gets what a CSI camera sends: camera.kind = 'pi'"
    elif name.startswith(JETSON):
        advice = "a CSI camera of a Jetson: camera.kind = 'jetson'"
    else:
        advice = f"camera.source = '{device}'"
    return VideoDevice(device, name, driver, advice)


def _driver(path: Path) -> str:
    link = path / "device" / "driver"
    return link.resolve().name if link.exists() else ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
