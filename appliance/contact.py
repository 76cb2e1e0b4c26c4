"""One input line, through the RPi.GPIO API: something beside the plate that confirms who comes.

Unverified on hardware.  A badge's relay, a button or a vehicle loop closes for a moment, shorter
than a frame may take, so the library calls back at each edge, on a thread of its own.

The rule to know: what confirms is a closing that was seen to begin and that lasted, and it confirms
one opening.  So a spark confirms nothing, nor does a contact that was closed at the start; one that
is stuck or short-circuited confirms once, and a cable that was cut never.

Which libraries this can work with, by their sources:

* rpi-lgpio 0.6 (Pi 4 and 5): yes.
* RPi.GPIO 0.7.1: its edges go through /sys/class/gpio, which newer kernels number otherwise; then
  it raises "Failed to add edge detection", and the unit does not start.
* Jetson.GPIO 2.1.13: no.  add_event_detect() closes the handle by which input() reads, so reading
  raises, and the unit does not start.  It sets no pull either.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from appliance.errors import ConfigurationError, LineError
from appliance.gpio import MISSING, REFUSED, library

LEAST_S = 0.02
"""A closing that is shorter was a spark or a bounce; our guess, to be seen on the bench."""
MOST_EDGES = 64
"""Kept between two looks; of a contact that chatters more the oldest go, and closings with them."""


class Contact(Protocol):
    """An input that is either active, which is closed, or not."""

    def age_s(self) -> float | None:
        """Seconds since it was last active; 0 while it is; None: not since the start, or spent."""

    def spend(self) -> None:
        """Forget every closing that has begun: it has had its opening."""

    def tend(self) -> None:
        """See that it can be read; LineError where it is closed or lost."""

    def close(self) -> None:
        """Let it go; closing again does nothing."""


class Closings:
    """What the edges of a contact say.  One thread may note them while another asks."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Know of no closing; `clock` gives monotonic seconds."""
        self._clock = clock
        self._edges: deque[tuple[float, bool]] = deque(maxlen=MOST_EDGES)
        self._began_at: float | None = None  # the closing that goes on
        self._lasted_until: float | None = None  # the newest that is over and was long enough

    def note(self, *, active: bool) -> None:
        """An edge was just now, after which the contact is active or not."""
        self._edges.append((self._clock(), active))

    def age_s(self, *, active: bool) -> float | None:
        """Seconds since it was last active, which it is now or not; None where nobody knows."""
        self._take_in()
        now, began = self._clock(), self._began_at
        if active and began is not None and now - began >= LEAST_S:
            return 0.0
        return None if self._lasted_until is None else now - self._lasted_until

    def spend(self) -> None:
        """Forget them, the one that goes on too."""
        self._take_in()
        self._began_at = self._lasted_until = None

    def _take_in(self) -> None:
        while self._edges:
            at, active = self._edges.popleft()
            began = self._began_at
            if not active and began is not None and at - began >= LEAST_S:
                self._lasted_until = at
            self._began_at = at if active else None  # closed twice: it was open in between


class GpioContact:
    """A pin of the header."""

    def __init__(
        self,
        number: int,
        *,
        active_low: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the line as an input, pulled inactive.

        Args:
            number: in Broadcom's (BCM) numbering.
            active_low: the contact closes to ground; else to 3.3 V.
            clock: monotonic seconds.

        Raises:
            ConfigurationError: the library is not installed.
            LineError: the line cannot be had, or not be read.
        """
        self._number = number
        self._active_low = active_low
        self._is_open = True
        self._closings = Closings(clock)
        try:
            self._gpio = library()
            self._gpio.setmode(self._gpio.BCM)
            self._gpio.setwarnings(False)
            pull = self._gpio.PUD_UP if active_low else self._gpio.PUD_DOWN
            self._gpio.setup(number, self._gpio.IN, pull_up_down=pull)
            self._gpio.add_event_detect(number, self._gpio.BOTH, callback=self._on_edge)
        except ModuleNotFoundError as fault:
            raise ConfigurationError(MISSING.format(number=number)) from fault
        except (RuntimeError, ValueError, OSError) as fault:
            raise LineError(f"line {number}: {fault}") from fault
        self.tend()

    def age_s(self) -> float | None:
        """Seconds since it was last active; None too where it cannot be read: `tend` says why."""
        try:
            return self._closings.age_s(active=self._is_active())
        except LineError:
            return None

    def spend(self) -> None:
        """Forget every closing that has begun."""
        self._closings.spend()

    def tend(self) -> None:
        """See that it can be read."""
        self._is_active()

    def close(self) -> None:
        """Hear of no edge any more."""
        if self._is_open:
            self._is_open = False
            with suppress(RuntimeError, ValueError, OSError):  # it was lost before
                self._gpio.remove_event_detect(self._number)

    def _on_edge(self, _number: int) -> None:
        """On the library's thread, which would print a fault and go on; `tend` meets it as well."""
        with suppress(LineError):
            self._closings.note(active=self._is_active())

    def _is_active(self) -> bool:
        if not self._is_open:
            raise LineError(REFUSED.format(number=self._number))
        try:
            is_high = bool(self._gpio.input(self._number))
        except (RuntimeError, ValueError, OSError) as fault:
            raise LineError(f"line {self._number}: {fault}") from fault
        return is_high != self._active_low


class FakeContact:
    """A contact without a pin, which obeys the same rules.

    Attributes:
        clock: gives the times of its history.
        history: every change with its time, in order; the first is how it was at the beginning.
    """

    def __init__(
        self, number: int, *, active: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take a contact of nothing, active or not at first."""
        self._number = number
        self.clock = clock
        self._fault = ""
        self._closings = Closings(clock)
        self.history: list[tuple[float, bool]] = [(clock(), active)]

    def set(self, *, active: bool) -> None:
        """Close the contact, or open it."""
        if active != self.history[-1][1]:
            self.history.append((self.clock(), active))
            self._closings.note(active=active)

    def lose(self, fault: str) -> None:
        """Be unreadable from now on, for the reason given."""
        self._fault = f"line {self._number}: {fault}"

    def age_s(self) -> float | None:
        """Seconds since it was last active."""
        return None if self._fault else self._closings.age_s(active=self.history[-1][1])

    def spend(self) -> None:
        """Forget every closing that has begun."""
        self._closings.spend()

    def tend(self) -> None:
        """See that it can be read."""
        if self._fault:
            raise LineError(self._fault)

    def close(self) -> None:
        """Let it go."""
        self._fault = self._fault or REFUSED.format(number=self._number)
