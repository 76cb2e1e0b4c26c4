"""The host's network camera: the vehicles of the bundled clip, slowly, over and over.

The rule to know: an emulated processor needs a second for a plate, so each vehicle is shown in a
few pictures in which it can be read, and then an empty lane lets the unit do something else.
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
SIGN = (slice(128, 166), slice(120, 208))
"""Rows and columns, of the whole SIZE, of a sign that would be read in every picture."""
VEHICLES = ((28, 2), (69, 2), (97, 2), (145, 2), (187, 1), (219, 2))
"""Where in the clip each begins to be legible, and how far apart its pictures are."""
SHOWN, EMPTY = 8, (54, 12)
"""Pictures of each vehicle; one of the empty lane, and how often it is shown after each."""
RATE = 1
"""Pictures a second: a vehicle every 20 s, and each of them again after 120."""
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
    """The pictures, in their order."""
    folder.mkdir(parents=True)
    empty, pause = EMPTY
    wanted = [
        number
        for begin, step in VEHICLES
        for number in [*range(begin, begin + SHOWN * step, step), *[empty] * pause]
    ]
    images, clip = {}, cv2.VideoCapture(str(CLIP))
    for number in range(max(wanted) + 1):
        _, image = clip.read()
        if number in wanted:
            images[number] = cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA)
            images[number][SIGN] = 128
    for place, number in enumerate(wanted):
        path = str(folder / f"{place:04}.jpg")
        cv2.imwrite(path, images[number], [cv2.IMWRITE_JPEG_QUALITY, 80])
