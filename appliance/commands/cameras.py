"""`gatepost cameras`: what there is to see with, and how a configuration names it.

The rule to know: what is not found is said in words, with what to try.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from appliance.capture.devices import Sensor, VideoDevice, sensors, video_devices
from appliance.capture.picamera import import_library
from appliance.capture.sensor import Mode
from appliance.commands.command import Command
from appliance.errors import ConfigurationError, PictureError

NO_SENSOR = (
    "no CSI camera: is the ribbon seated at both ends, its contacts to the right side? In"
    " /boot/firmware/config.txt: camera_auto_detect=1, or dtoverlay= and the name of a sensor that"
    " cannot be detected; then start anew"
)
NO_DEVICE = "no video device: a USB camera would be one; `dmesg` says what the kernel found"


def show_cameras(asked: argparse.Namespace) -> int:
    """Every camera, or with `--json` an object; PictureError where there is none."""
    there, missing = _csi()
    devices = video_devices()
    if not devices:
        missing.append(NO_DEVICE)
    if asked.json:
        found = {"csi": [asdict(s) for s in there], "video": [asdict(d) for d in devices]}
        print(json.dumps(found | {"missing": missing}, ensure_ascii=False))
    else:
        _tell(there, devices, missing)
    if not there and not devices:
        raise PictureError("no camera was found")
    return 0


def _csi() -> tuple[list[Sensor], list[str]]:
    """The CSI cameras, and what is missing."""
    try:
        library = import_library()
    except ConfigurationError as fault:
        return [], [f"CSI cameras of a Raspberry Pi cannot be listed: {fault}"]
    found = sensors(library)
    return found, ([] if found else [NO_SENSOR])


def _tell(there: list[Sensor], devices: list[VideoDevice], missing: list[str]) -> None:
    for sensor in there:
        print(f"CSI camera {sensor.number}: {sensor.model} at {sensor.place}")
        print(f"  camera.kind = 'pi', camera.number = {sensor.number}")
        for line in map(_line, sensor.modes):
            print(f"  {line}")
        if sensor.fault:
            print(f"  {sensor.fault}")
    for device in devices:
        driver = f" ({device.driver})" if device.driver else ""
        print(f"{device.path}: {device.name or 'without a name'}{driver}")
        print(f"  {device.advice}")
    for line in missing:
        print(line)


def _line(mode: Mode) -> str:
    """A mode in a line: what leaves the sensor, how often, and what part of it is seen."""
    left, top, width, height = mode.crop
    return (
        f"{mode.size[0]}x{mode.size[1]}, {mode.bits} bits, {mode.rate:g} frames a second,"
        f" shows {width}x{height} from {left}, {top}  ({mode.name})"
    )


def add_commands(commands: Any, command: Command) -> None:  # noqa: ANN401  # argparse's own type
    """Add `gatepost cameras`."""
    showing = command(commands, "cameras", show_cameras, "list the cameras that are there")
    showing.add_argument("--json", action="store_true", help="one JSON object")
