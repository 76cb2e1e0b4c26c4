"""`gatepost cameras`: what is there, how it is named, and what is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from appliance.capture.devices import VideoDevice, sensors, video_devices
from appliance.capture.fakepi import FakePicamera2, fake_library
from appliance.capture.fakesensor import FakeSensor
from appliance.errors import PictureError
from tests.test_delivery import SLOW_S
from tests.test_pi_unit import CAMERA

HAS_NONE = not Path("/sys/class/video4linux").exists()


def listed(*options: str, libraries: bool) -> subprocess.CompletedProcess[str]:
    """The command as a process, with the stand-ins for the libraries or without."""
    path = os.pathsep.join([*([str(CAMERA)] * libraries), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", "appliance", "cameras", *options],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=SLOW_S,
        check=False,
    )


def test_a_sensor_is_named_with_its_modes() -> None:
    """As the configuration names it."""
    shown = listed(libraries=True)
    assert shown.returncode == 0
    assert shown.stdout.startswith("CSI camera 0: imx296 at /base/soc/i2c0mux/i2c@1/imx296@1a\n")
    assert "camera.kind = 'pi', camera.number = 0" in shown.stdout
    mode = "640x480, 10 bits, 60.38 frames a second, shows 640x480 from 0, 0  (SBGGR10_CSI2P)"
    assert mode in shown.stdout


def test_an_object_says_the_same() -> None:
    """For whoever sets up many."""
    shown = json.loads(listed("--json", libraries=True).stdout)
    (sensor,) = shown["csi"]
    assert (sensor["number"], sensor["model"], sensor["fault"]) == (0, "imx296", "")
    assert sensor["modes"] == [
        {
            "size": [640, 480],
            "bits": 10,
            "rate": 60.38,
            "crop": [0, 0, 640, 480],
            "name": "SBGGR10_CSI2P",
        }
    ]


@pytest.mark.skipif(not HAS_NONE, reason="this machine has a video device")
def test_where_nothing_is_it_says_what_is_missing() -> None:
    """And ends with the code of a source that cannot be read."""
    shown = listed(libraries=False)
    assert shown.returncode == PictureError.exit_code
    assert "apt install python3-picamera2" in shown.stdout
    assert "no video device" in shown.stdout
    assert "no camera was found" in shown.stderr
    assert "Traceback" not in shown.stderr
    assert json.loads(listed("--json", libraries=False).stdout)["csi"] == []


def test_a_sensor_that_is_in_use_is_named_all_the_same() -> None:
    """The unit keeps it."""
    seen = FakeSensor(lambda _: np.zeros((48, 64, 3), np.uint8), (64, 48))
    library = fake_library(seen)

    class InUse(library.picamera2.Picamera2):  # type: ignore[misc, name-defined]
        def __init__(self, camera_num: int = 0) -> None:
            raise RuntimeError(f"Failed to acquire camera {camera_num}: Device or resource busy")

    library.picamera2.Picamera2 = InUse
    (sensor,) = sensors(library)
    assert (sensor.model, sensor.modes) == ("imx296", ())
    assert "Device or resource busy" in sensor.fault


def test_every_sensor_is_let_go() -> None:
    """Or the unit could not start."""
    seen = FakeSensor(lambda _: np.zeros((48, 64, 3), np.uint8), (64, 48))
    sensors(fake_library(seen))
    assert [name for name, _ in seen.history] == ["open", "close"]
    assert issubclass(fake_library(seen).picamera2.Picamera2, FakePicamera2)


def device(folder: Path, number: int, name: str, driver: str, index: int = 0) -> None:
    """A video device as the kernel shows it."""
    path = folder / f"video{number}"
    (path / "device").mkdir(parents=True)
    (path / "name").write_text(f"{name}\n")
    (path / "index").write_text(f"{index}\n")
    drivers = folder / "drivers" / driver
    drivers.mkdir(parents=True, exist_ok=True)
    (path / "device" / "driver").symlink_to(drivers)


def test_video_devices_are_what_the_kernel_lists(tmp_path: Path) -> None:
    """In the order of their numbers; what is a part of the board or of another camera is not."""
    device(tmp_path, 10, "bcm2835-codec-decode", "bcm2835-codec")
    device(tmp_path, 2, "HD Webcam", "uvcvideo", index=1)
    device(tmp_path, 12, "HD Webcam", "uvcvideo")
    device(tmp_path, 1, "HD Webcam", "uvcvideo")
    device(tmp_path, 0, "unicam-image", "unicam")
    device(tmp_path, 3, "vi-output, imx219 9-0010", "tegra-camrtc-capture-vi")
    pi, jetson = "gets what a CSI camera sends: camera.kind = 'pi'", "a CSI camera of a Jetson"
    assert video_devices(tmp_path) == [
        VideoDevice("/dev/video0", "unicam-image", "unicam", pi),
        VideoDevice("/dev/video1", "HD Webcam", "uvcvideo", "camera.source = '/dev/video1'"),
        VideoDevice(
            "/dev/video3",
            "vi-output, imx219 9-0010",
            "tegra-camrtc-capture-vi",
            f"{jetson}: camera.kind = 'jetson'",
        ),
        VideoDevice("/dev/video12", "HD Webcam", "uvcvideo", "camera.source = '/dev/video12'"),
    ]


def test_a_machine_without_video_devices_has_none(tmp_path: Path) -> None:
    """Nor one whose kernel says nothing of a device."""
    assert video_devices(tmp_path / "nothing") == []
    (tmp_path / "video7").mkdir()
    (found,) = video_devices(tmp_path)
    assert (found.path, found.name, found.driver) == ("/dev/video7", "", "")
