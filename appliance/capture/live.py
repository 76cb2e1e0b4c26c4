"""USB and network cameras, through OpenCV; a network stream that breaks off is opened again.

The rule to know: only frames end the silence.  A camera that stays away, hangs up or plays dead for
longer than it may ends the process, however often it could be opened in between.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.capture.address import unreadable
from appliance.capture.camera import Told, read_only, unheard
from appliance.capture.mask import Places, blackout
from appliance.capture.pace import DevicePace, StreamPace
from appliance.domain import Frame
from appliance.errors import PictureError, StalledError, without_secrets

OVERTAKE_S = 2.0
"""Seconds that passing over frames may take; then the lane gets what there is.  Long enough that a
slow board catches up with what FFmpeg gathered while it opened the stream."""
BEHIND_S = 5.0
"""Age of a frame from which a stream is opened anew: it is decoded too slowly and falls back more
and more, or its times are wrong."""
LEAST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0
"""Before asking again; doubled each time that a network camera has no frame."""
AGAIN_AFTER = 2
"""Times without a frame after which a stream is opened again; once may be a damaged packet, at
which OpenCV gives up."""
WAITS = 5
"""How many times within `silent_s` a stream that plays dead is waited for."""
LEAST_WAIT_S = 1.0
"""For an answer of a network camera, whatever is left of its time."""
STREAM = "camera stream"
"""The problem's key."""
CALM_S = 30.0
"""Seconds without a break after which a stream that broke off is no problem any more."""

log = logging.getLogger(__name__)


class LiveCamera:
    """A USB device or a network stream.

    Frames of a network stream may be older than they seem: what waited is passed over, and who is
    later than the fastest is known to be, but not how long that one was on its way.  Nothing that
    opens may hang on one.

    A stream that breaks off is opened again.  Its next frame is a cut: what the camera saw in
    between nobody knows, so who was in sight has gone by, and who stands there afterwards was
    there before, as at a start.

    Args:
        source: device path or number, or an rtsp:// address.
        silent_s: seconds without a frame before StalledError.
        hidden: what is blacked out.
        told: hears of a stream that has broken off, and when that is over.
    """

    def __init__(
        self, source: str, silent_s: float, hidden: Places = (), told: Told = unheard
    ) -> None:
        self.fault: PictureError | None = None
        self._source, self._silent_s, self._hidden = source, silent_s, hidden
        self._name, self._told = without_secrets(source), told
        self._broke_at: float | None = None
        self._stop = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """Always the newest frame.

        Raises:
            PictureError: the camera is not there; a network camera is waited for.
            StalledError: no frame for `silent_s`.
        """
        number, misses, last, anew = 0, 0, time.monotonic(), False
        with closing(_Capture(self._source, self._silent_s)) as capture:
            self._require(capture, last + self._silent_s)
            while not self._stop.is_set():
                taken, now = capture.newest(), time.monotonic()
                number += taken.dropped
                if taken.image is not None and now - taken.at < BEHIND_S:
                    image = read_only(blackout(taken.image, self._hidden))
                    self._is_back(now, now - last if anew else None)
                    yield Frame(image, taken.at, number, cut=anew)
                    # from now on: the lane's time is not the camera's silence
                    number, misses, last, anew = number + 1, 0, time.monotonic(), False
                elif now - last > self._silent_s:
                    raise StalledError(f"camera {self._name}: no frame for {now - last:.0f} s")
                else:
                    misses += 1
                    anew |= self._again(capture, misses, last + self._silent_s)

    def _require(self, capture: _Capture, until: float) -> None:
        """A network camera may start later than the unit, as after a power cut."""
        tries = 0
        while not capture.is_open:
            left_s = until - time.monotonic()
            if left_s <= 0 or not capture.is_network:
                why = unreadable(Path(self._source)) if self._source.startswith("/") else None
                told = f": {why}" if why else ""
                raise PictureError(f"{self._name}: cannot be opened as a video{told}")
            if self._stop.wait(_pause_s(tries)):
                return
            capture.open(left_s)
            tries += 1

    def close(self) -> None:
        """End `frames` after the frame that is being waited for."""
        self._stop.set()

    def _again(self, capture: _Capture, misses: int, until: float) -> bool:
        """Wait a little, and open a stream that has broken off; whether that was done."""
        if not capture.is_network:
            self._stop.wait(LEAST_PAUSE_S)
        elif not self._stop.wait(_pause_s(misses - 1)) and misses >= AGAIN_AFTER:
            self._broke_at = time.monotonic()
            self._told(STREAM, f"the camera's stream has broken off: {self._name}")
            capture.open(until - time.monotonic())
            return True
        return False

    def _is_back(self, now: float, away_s: float | None) -> None:
        """There is a frame, after so long where the stream had broken off."""
        if away_s is not None:
            log.info("camera %s: back after %.1f s", self._name, away_s)
        if self._broke_at is not None and now > self._broke_at + CALM_S:
            self._broke_at = None
            self._told(STREAM, None)


def _pause_s(tries: int) -> float:
    """Seconds to wait after so many that came to nothing."""
    return min(LONGEST_PAUSE_S, LEAST_PAUSE_S * 2.0**tries)


class _Taken(NamedTuple):
    """What OpenCV gave.

    Attributes:
        dropped: frames that waited and were passed over.
        at: when it was taken, monotonic seconds.
        image: (H, W, 3) BGR; None where there is none.
    """

    dropped: int
    at: float
    image: NDArray[np.uint8] | None


class _Capture:
    """OpenCV's capture of a device or of a stream.

    Args:
        source: its name or address.
        silent_s: seconds that opening it may take.
    """

    def __init__(self, source: str, silent_s: float) -> None:
        self.is_network = "://" in source
        self._has_times = not self.is_network or source.startswith(("rtsp://", "rtsps://"))
        self._source, self._read_s = source, max(LEAST_WAIT_S, silent_s / WAITS)
        self._capture = cv2.VideoCapture()
        self.open(silent_s)

    @property
    def is_open(self) -> bool:
        """Whether it was there when it was opened last."""
        return self._capture.isOpened()

    def open(self, within_s: float) -> None:
        """Open it (again); where that fails or takes too long it gives no frame."""
        self._pace: DevicePace | StreamPace = DevicePace()
        if not self.is_network:
            number = self._source.isdecimal()
            self._capture.open(int(self._source) if number else self._source)
            return
        waits = {
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC: max(LEAST_WAIT_S, within_s),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC: self._read_s,
        }
        asked = [n for key, seconds in waits.items() for n in (key, round(1000 * seconds))]
        self._capture.open(self._source, cv2.CAP_FFMPEG, asked)
        self._pace = StreamPace(self._capture.get(cv2.CAP_PROP_FPS))

    def newest(self) -> _Taken:
        """The newest frame; it waits for one, but not for ever."""
        begun = asked = time.monotonic()
        for dropped in count():
            if not self._capture.grab():
                return _Taken(dropped, asked, None)
            now = time.monotonic()
            seen = self._pace.seen(self._stamp_s(), asked, now)
            if seen.is_newest or now - begun > OVERTAKE_S:
                break
            asked = now
        found, image = self._capture.retrieve()
        return _Taken(dropped, seen.at, np.asarray(image, np.uint8) if found else None)

    def close(self) -> None:
        """Let it go."""
        self._capture.release()

    def _stamp_s(self) -> float:
        """The frame's own time; FFmpeg makes one up where the protocol has none."""
        return self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 if self._has_times else 0.0
