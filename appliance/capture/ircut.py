"""The filter that keeps infra-red from the sensor by day.  Unverified on hardware.

The rule to know: a latching filter stays where its last pulse has put it, and nobody tells where
that is: so the first `put` after a start always pulses.  Its coil must never stay under current, so
the pulse is given by a process of its own (`ircutpulse`), which ends it whatever becomes of the
unit.

Sources: 3.3 V for about 150 ms one way, with the poles reversed the other (embdev.net, topic
453670, measured on a Raspberry Pi camera); a camera with a driver of its own follows the level of
one line, low for the filter in the way (wiki.veye.cc, trigger mode).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Protocol

from appliance.custody import FAULT
from appliance.errors import LineError
from appliance.gpio import Line
from appliance.ward import Ward

MODULE = "appliance.capture.ircutpulse"
PAUSE_S = 5.0
"""Between two pulses, for the coil to cool; a guess of ours, on the safe side."""
LATE_S = 5.0
"""How late the end of a pulse may be before its process counts as hung."""


class Filter(Protocol):
    """The filter in front of the sensor."""

    def put(self, in_the_way: bool) -> None:
        """Have it in the way of infra-red, as by day, or not; asking again does nothing.

        Any thread may call; it takes as long as a process needs to start.

        Raises:
            ConfigurationError: the library of the lines is not installed.
            LineError: a line cannot be driven.
        """

    def tend(self) -> None:
        """Do what was asked for within the pause before; raises like `put`."""

    def close(self) -> None:
        """Let it be where it is, without current; closing again does nothing."""


class LatchingFilter:
    """A filter on two lines: a pulse on the first puts it in the way, one on the second away."""

    def __init__(
        self,
        lines: tuple[int, int],
        pulse_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Know of it; no line is touched before the first `put`.

        Args:
            lines: BCM numbers.
            pulse_s: length of a pulse, 0.1 to 0.2 seconds.
            clock: monotonic seconds.
        """
        self._lines, self._pulse_s, self._clock = lines, pulse_s, clock
        self._wanted: bool | None = None
        self._position: bool | None = None
        self._pulse: Ward | None = None
        self._rested_at = 0.0
        self._lock = Lock()

    def put(self, in_the_way: bool) -> None:
        """Pulse it there, or remember it for the end of the pause."""
        with self._lock:
            self._wanted = in_the_way
            self._turn()

    def tend(self) -> None:
        """Look after a pulse that runs, and give one that is due."""
        with self._lock:
            self._turn()

    def close(self) -> None:
        """Wait for the end of a pulse."""
        with self._lock:
            if self._pulse is not None:
                self._pulse.close()
            self._pulse, self._position = None, self._wanted

    def _turn(self) -> None:
        if self._pulse is not None and not self._has_ended(self._pulse):
            return
        self._pulse = None
        if self._wanted in {None, self._position} or self._clock() < self._rested_at:
            return
        pulsed, other = self._lines if self._wanted else reversed(self._lines)
        arguments = [str(pulsed), str(other), f"{self._pulse_s:g}"]
        self._pulse = Ward("light.filter", MODULE, arguments)
        # from now on: its start took seconds on a busy board
        self._rested_at = self._clock() + self._pulse_s + PAUSE_S
        self._position = self._wanted

    def _has_ended(self, pulse: Ward) -> bool:
        """Whether it has; LineError where it failed or hangs."""
        if pulse.code is None:
            if self._clock() > self._rested_at - PAUSE_S + LATE_S:
                pulse.kill()
                raise LineError("light.filter: the process that gives the pulse hangs")
            return False
        told = pulse.words() if pulse.answer(0) == FAULT else f"code {pulse.code}"
        is_well = pulse.code == 0
        pulse.close()
        if not is_well:
            raise LineError(f"light.filter: {told}")
        return True


class LevelFilter:
    """A filter with a driver of its own: away while its line is active, in the way at rest."""

    def __init__(self, line: Line) -> None:
        """Take the line, inactive: the filter is in the way."""
        self._line = line
        self._lock = Lock()

    def put(self, in_the_way: bool) -> None:
        """Set the line."""
        with self._lock:
            self._line.set(not in_the_way)

    def tend(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Put it in the way, and let the line go."""
        with self._lock:
            self._line.close()


class FakeFilter:
    """A filter of nothing, with the pause of a latching one.

    Attributes:
        history: when it was moved, and whether into the way, in order.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Be anywhere; `clock` gives monotonic seconds."""
        self._clock = clock
        self._wanted: bool | None = None
        self._is_open = True
        self.history: list[tuple[float, bool]] = []

    def put(self, in_the_way: bool) -> None:
        """Move it, or remember it for the end of the pause."""
        self._wanted = in_the_way
        self.tend()

    def tend(self) -> None:
        """Move it where that is due."""
        if self._wanted is None or not self._is_open:
            return
        at, position = self.history[-1] if self.history else (self._clock() - PAUSE_S, None)
        if position != self._wanted and self._clock() >= at + PAUSE_S:
            self.history.append((self._clock(), self._wanted))

    def close(self) -> None:
        """Let it be."""
        self._is_open = False
