"""A network camera: what has waited on the way is passed over, however much of it there is."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread

import cv2
import numpy as np
import pytest

from appliance.capture.live import LiveCamera

WAITING = 60  # more than a driver keeps, ten times over
STEP = 4  # of grey between two frames, so that a JPEG's loss does not blur their numbers
PAUSE_S = 0.5  # before the one that is new


class Burst(BaseHTTPRequestHandler):
    """Sends what has waited all at once, and one frame more when that has been read."""

    def do_GET(self) -> None:
        """Serve it as MJPEG."""
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        for number in range(WAITING):
            self.show(number)
        Event().wait(PAUSE_S)
        self.show(WAITING)
        Event().wait(PAUSE_S)

    def show(self, number: int) -> None:
        """Send a grey picture."""
        grey = np.full((48, 64, 3), STEP * number, np.uint8)
        coded = cv2.imencode(".jpg", grey)[1].tobytes()
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(coded)}\r\n\r\n"
        self.wfile.write(head.encode() + coded + b"\r\n")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    """Where such a camera is."""
    server = HTTPServer(("127.0.0.1", 0), Burst)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/lane.mjpg"
    server.shutdown()
    server.server_close()


def test_what_waited_on_the_way_is_passed_over(url: str) -> None:
    """A lane that fell behind sees the newest frame soon, and the others are counted."""
    camera, taken = LiveCamera(url, silent_s=10.0), []
    for frame in camera.frames():
        taken.append(round(float(frame.image.mean()) / STEP))
        if taken[-1] == WAITING:
            break
    assert len(taken) <= WAITING // 10
    assert frame.number > WAITING // 2
