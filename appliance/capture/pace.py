"""When a live camera's frame was taken, and whether a newer one waits behind it.  Pure.

The rule to know: a network stream says how far apart its frames are, never how long they were on
their way.  The fastest of them is taken to have needed no time, and the age of the others is how
much later they came than it; what all of them need alike stays unknown.
"""

from __future__ import annotations

from typing import NamedTuple

BUFFERED, AT_ONCE_S = 4, 0.002
"""Frames that a driver keeps at most (V4L2's usual four), and how fast it hands out an old one."""
STALE_S = 1.0
"""Age above which a device's time is not believed: it counts from something else than the start."""
USUAL_RATE, HIGHEST_RATE = 25.0, 60.0
"""Frames a second of a network stream that says nothing of it, and up to which it is believed."""
DRIFT = 0.0002
"""By how much a camera's clock may go slower than ours: crystals differ by half of it."""
EDGE = 0.9
"""Share of the time between two frames that one must be waited for to be the newest there is, on a
machine that takes a good part of it to decode."""
JITTER_S = 0.3
"""Age up to which a frame that had to be waited for came late by itself."""


class Seen(NamedTuple):
    """What is known of a frame that has just come.

    Attributes:
        at: when it was taken, monotonic seconds, never after it came.
        is_newest: nothing newer waits already, as far as that can be known.
    """

    at: float
    is_newest: bool


class DevicePace:
    """Of a USB device, whose driver keeps a few frames and says when each was taken."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._waited = 0

    def seen(self, stamp_s: float, asked: float, now: float) -> Seen:
        """Take in a frame.

        Args:
            stamp_s: its own time, monotonic seconds (V4L2's), 0 where it has none.
            asked: when it was asked for.
            now: when it came.
        """
        is_newest = now - asked > AT_ONCE_S or self._waited == BUFFERED
        self._waited = 0 if is_newest else self._waited + 1
        return Seen(stamp_s if 0 <= now - stamp_s < STALE_S else now, is_newest)


class StreamPace:
    """Of a network stream, from its opening on.

    Args:
        rate: frames a second, as the stream says; what cannot be meant is taken for the usual.
    """

    def __init__(self, rate: float) -> None:
        usual = rate if 1 <= rate <= HIGHEST_RATE else USUAL_RATE
        self._at_once_s = 0.25 / usual  # a quarter: many come faster than their stream says
        self._stamp_s = 0.0
        self._began: float | None = None  # when the stream's time was 0
        self._is_caught_up = False

    def seen(self, stamp_s: float, asked: float, now: float) -> Seen:
        """Take in a frame, also one that will be passed over.

        Args:
            stamp_s: its time in the stream, seconds; 0 where it has none.
            asked: when it was asked for.
            now: when it came, decoded.
        """
        step, took = stamp_s - self._stamp_s, now - asked
        self._stamp_s = stamp_s
        if self._began is None or step <= 0 or stamp_s <= 0:  # it begins anew, or says nothing
            self._began = now - stamp_s
            return Seen(now, took > self._at_once_s)
        self._began = min(now - stamp_s, self._began + DRIFT * step)
        at = stamp_s + self._began
        self._is_caught_up = self._is_caught_up or took >= EDGE * step
        came_late = took >= step / 2 and now - at <= JITTER_S
        return Seen(at, self._is_caught_up and (now - at <= step or came_late))
