"""The clock by which retention counts.

The rule to know: what the wall clock says counts only while somebody vouches for it.  Before, the
time goes on from where the process before had left it, so that no wrong clock makes a record old,
and none starts its time anew.
"""

from __future__ import annotations

import time


class KeepingClock:
    """Milliseconds since 1970 UTC, as far as they are known; loops may share one."""

    def __init__(self) -> None:
        """Follow the wall clock."""
        self._ahead_ms: float | None = None  # of the monotonic clock; None: it follows

    @property
    def is_held(self) -> bool:
        """Whether it goes on by the monotonic clock, whatever the wall clock says."""
        return self._ahead_ms is not None

    def now_ms(self) -> int:
        """The time."""
        ahead_ms = self._ahead_ms
        if ahead_ms is None:
            return round(time.time() * 1000)
        return round(time.monotonic() * 1000 + ahead_ms)

    def hold(self, now_ms: int) -> None:
        """Go on from that time by the monotonic clock."""
        self._ahead_ms = now_ms - time.monotonic() * 1000

    def follow(self) -> None:
        """Follow the wall clock."""
        self._ahead_ms = None
