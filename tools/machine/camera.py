"""The host's network camera: the bundled clip, slowly, over and over.

The rule to know: an emulated processor looks at one or two frames a second, so the clip is shown
slowly enough for each of its vehicles to be seen as often as the tracker wants.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import cv2

from tools.machine.broker import free_port

HERE = Path(__file__).parent
CLIP = HERE.parents[1] / "tests/data/lane.mp4"
SIZE = (640, 360)
"""Pixels: its six plates are read as from 1280x720 (`gatepost replay` on the scaled pictures)."""
RATE = 1
"""Frames a second, of 15 when it was taken: a vehicle is in sight for 20 s or more of 240."""
PYTHON = "/usr/bin/python3"
"""Which has GStreamer's bindings, as the tests of network cameras use it."""


class LaneCamera:
    """An RTSP server with the clip.

    Attributes:
        port: of loopback, where it listens.
    """

    def __init__(self, folder: Path) -> None:
        """Start it; RuntimeError where it does not come up."""
        self.port = free_port()
        pictures = folder / "lane"
        if not pictures.exists():
            _cut_up(pictures)
        command = [PYTHON, str(HERE / "rtsp.py"), str(pictures), str(RATE), str(self.port)]
        self._server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
        assert self._server.stdout is not None
        if self._server.stdout.readline() != "ready\n":
            raise RuntimeError(f"{PYTHON} {HERE / 'rtsp.py'} did not come up")

    def stop(self) -> None:
        """End it."""
        self._server.kill()
        self._server.wait(30)


def _cut_up(folder: Path) -> None:
    """The clip as pictures."""
    folder.mkdir(parents=True)
    clip, number = cv2.VideoCapture(str(CLIP)), 0
    while True:
        found, image = clip.read()
        if not found:
            return
        small = cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(folder / f"{number:04}.jpg"), small, [cv2.IMWRITE_JPEG_QUALITY, 80])
        number += 1
