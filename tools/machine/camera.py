"""The camera of each unit: the vehicles of the bundled clip, as a network camera of the host.

The rule to know: a camera goes on whatever becomes of the unit that looks, so each connection is
shown the lane from its beginning, slowly: a picture costs an emulated processor 2 to 3 s.  Each
vehicle is shown in a few pictures in which it can be read, and then there is an empty lane.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np

CLIP = Path(__file__).parents[2] / "tests/data/lane.mp4"
SIZE = (640, 360)
"""Pixels: its six plates are read as from 1280x720 (`gatepost replay` on the scaled pictures)."""
SIGN = (slice(128, 166), slice(120, 208))
"""Rows and columns of a sign that would be read in every picture."""
VEHICLES = ((28, 4), (73, 4), (97, 4), (145, 4), (187, 2), (215, 4))
"""Where in the clip each begins to be legible, and how far apart its pictures are."""
SHOWN, EMPTY = 3, 54
"""Pictures of each vehicle, and one of the empty lane."""
VEHICLE_S = 75
"""A vehicle comes by so often."""
GONE_S = 8.0
"""After which a vehicle is gone: the longest that there is, and longer than two pictures are apart.
"""
OPENING = 8
"""Pictures of the empty lane at once for whoever opens the stream: FFmpeg wants some to know it."""
BOUNDARY = "picture"


class Cameras:
    """Serves the lane on a free port of loopback, at /SECONDS, which two pictures are apart.

    Attributes:
        port: where it listens.
    """

    def __init__(self) -> None:
        """Begin at once."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _showing(_pictures()))
        server.daemon_threads = True
        self.port = int(server.server_address[1])
        threading.Thread(target=server.serve_forever, daemon=True).start()


def lane(every_s: int) -> Iterator[int]:
    """Which picture of the clip is shown, one after the other; it never ends."""
    pause = VEHICLE_S // every_s - SHOWN
    while True:
        for begin, step in VEHICLES:
            yield from range(begin, begin + SHOWN * step, step)
            yield from [EMPTY] * pause


def _showing(pictures: list[bytes]) -> type[BaseHTTPRequestHandler]:
    class Show(BaseHTTPRequestHandler):
        """To one who looks."""

        def do_GET(self) -> None:  # http.server's name
            every_s = self.path.strip("/")
            if not every_s.isdecimal() or not 1 <= int(every_s) < GONE_S:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY}")
            self.end_headers()
            with suppress(OSError):  # its power went
                self._show(int(every_s))

        def _show(self, every_s: int) -> None:
            for _ in range(OPENING):
                self._send(pictures[EMPTY])
            time.sleep(every_s)
            for number in lane(every_s):
                self._send(pictures[number])
                time.sleep(every_s)

        def _send(self, picture: bytes) -> None:
            head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}"
            self.wfile.write(f"{head}\r\n\r\n".encode() + picture + b"\r\n")
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Show


def _pictures() -> list[bytes]:
    """The clip as JPEGs, smaller and without the sign."""
    pictures: list[bytes] = []
    clip = cv2.VideoCapture(str(CLIP))
    while True:
        found, image = clip.read()
        if not found:
            return pictures
        small = np.asarray(cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA), np.uint8)
        small[SIGN] = 128
        pictures.append(cv2.imencode(".jpg", small)[1].tobytes())
