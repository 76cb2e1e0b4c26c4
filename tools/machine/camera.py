"""The camera of each unit: the vehicles of the bundled clip, as a network camera of the host.

The rule to know: each connection is shown the lane from its beginning.  A picture costs an emulated
processor 1 to 2 s, so the empty lane is shown seldom, but to a unit that has to prove itself: that
one needs 30 pictures, soon.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np

CLIP = Path(__file__).parents[2] / "tests/data/lane.mp4"
SIZE = (640, 360)
"""Pixels: its six plates are read as from 1280x720 (`gatepost replay` on the scaled pictures)."""
SIGN = (slice(128, 166), slice(120, 208))
"""Rows and columns of a sign that would be read in every picture."""
VEHICLES = ((28, 4), (97, 4), (145, 4))
"""Where in the clip those three begin to be legible whose plates are sure at one look; and how far
apart their pictures are."""
SHOWN, EMPTY, PAUSE = 3, 180, 5
"""Pictures of each vehicle; one in which there is nothing to be read, not even lettering that takes
a reader six looks to refuse; and how often it is shown after each."""
GONE_S = 8.0
"""After which a vehicle is gone: the longest that there is."""
VEHICLE_S, EMPTY_S, SOON_S = 5.0, 12.0, 3.0
"""After a picture of a vehicle, which must not be gone before the next one; after one of the empty
lane; and after any where the unit has to prove itself."""
SILENT_S = 120.0
"""The longest that there is: a unit waits for a fifth of it, and tries anew."""
OPENING = 8
"""Pictures of the empty lane at once for whoever opens the stream: FFmpeg wants some to know it."""
BOUNDARY = "picture"


class Cameras:
    """Serves the lane on a free port of loopback, to each unit at its name.

    Attributes:
        port: where it listens.
    """

    def __init__(self) -> None:
        """Begin at once."""
        self._pictures, self._in_haste = _pictures(), set[str]()
        self._turn = threading.Condition()
        server = ThreadingHTTPServer(("127.0.0.1", 0), _showing(self))
        server.daemon_threads = True
        self.port = int(server.server_address[1])
        threading.Thread(target=server.serve_forever, daemon=True).start()

    @contextmanager
    def haste(self, unit: str) -> Iterator[None]:
        """Show a unit many pictures, for that long; not twice at once."""
        with self._turn:
            self._in_haste.add(unit)
            self._turn.notify_all()
        try:
            yield
        finally:
            with self._turn:
                self._in_haste.discard(unit)

    def show(self, unit: str) -> Iterator[bytes]:
        """JPEGs, each when its time has come; it never ends."""
        yield from [self._pictures[EMPTY]] * OPENING
        pause_s = VEHICLE_S
        for number in lane():
            with self._turn:
                self._turn.wait_for(lambda: unit in self._in_haste, max(0.0, pause_s - SOON_S))
            time.sleep(SOON_S)
            yield self._pictures[number]
            pause_s = EMPTY_S if number == EMPTY else VEHICLE_S


def lane() -> Iterator[int]:
    """Which picture of the clip is shown, one after the other; it never ends."""
    while True:
        for begin, step in VEHICLES:
            yield from range(begin, begin + SHOWN * step, step)
            yield from [EMPTY] * PAUSE


def _showing(cameras: Cameras) -> type[BaseHTTPRequestHandler]:
    class Show(BaseHTTPRequestHandler):
        """To one who looks."""

        def do_GET(self) -> None:  # http.server's name
            self.send_response(200)
            self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY}")
            self.end_headers()
            with suppress(OSError):  # its power went
                for picture in cameras.show(self.path.strip("/")):
                    self._send(picture)

        def _send(self, picture: bytes) -> None:
            head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}"
            self.wfile.write(f"{head}\r\n\r\n".encode() + picture + b"\r\n")

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
