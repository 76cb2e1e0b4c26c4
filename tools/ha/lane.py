"""A lane on loopback: a network camera (MJPEG over HTTP) that vehicles pass on demand.

The rule to know: nothing moves until `play` is called, so whoever plays knows what has gone by.
"""

from __future__ import annotations

from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Condition, Thread
from time import monotonic

import cv2

RATE = (
    8  # frames a second; the clip was drawn for 15, but this machine plays all the other parts too
)
QUIET = 165  # a frame of that clip in which no vehicle is
JPEG_QUALITY = 92
BOUNDARY = b"frame"


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of the clip; where `last` is before `first` it is played backwards."""

    first: int
    last: int

    @property
    def frames(self) -> range:
        """The numbers of its frames, in order."""
        step = 1 if self.last >= self.first else -1
        return range(self.first, self.last + step, step)


class Lane:
    """Serves the clip's frames at `url` to whoever asks; a thread a viewer."""

    def __init__(self, clip: Path) -> None:
        """Listen on a free port of loopback; the lane is empty."""
        self._frames = _encoded(clip)
        self._shown = self._frames[QUIET]
        self._changed = Condition()
        lane = self

        class Door(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                lane._serve(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a viewer left
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """What a camera's source is set to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/lane.mjpg"

    def play(self, run: Run) -> None:
        """Show a stretch, then the empty lane; returns when it is over."""
        begun = monotonic()
        for number, frame in enumerate(run.frames, 1):
            self._show(self._frames[frame], until=begun + number / RATE)
        self._show(self._frames[QUIET], until=0.0)

    def close(self) -> None:
        """Serve nobody any more."""
        self._server.shutdown()
        self._server.server_close()

    def _show(self, frame: bytes, until: float) -> None:
        with self._changed:
            self._shown = frame
            self._changed.notify_all()
            while (left := until - monotonic()) > 0:
                self._changed.wait(left)

    def _serve(self, door: BaseHTTPRequestHandler) -> None:
        """Send the newest frame whenever it changes, and RATE times a second where it does not."""
        door.send_response(200)
        door.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY.decode()}")
        door.end_headers()
        while True:
            with self._changed:
                self._changed.wait(1 / RATE)
                frame = self._shown
            head = b"--%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
            door.wfile.write(head % (BOUNDARY, len(frame)) + frame + b"\r\n")


def _encoded(clip: Path) -> list[bytes]:
    """Every frame of a clip as JPEG."""
    frames: list[bytes] = []
    video = cv2.VideoCapture(str(clip))
    while True:
        found, image = video.read()
        if not found:
            return frames
        _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        frames.append(coded.tobytes())
