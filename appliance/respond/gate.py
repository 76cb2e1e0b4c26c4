"""The gate: one bounded pulse for each passage that may open it.

The rule to know: this module only asks for pulses.  The line is in the hands of another process,
the guardian (see there), which ends each pulse by its own deadline, and at once when the unit is
gone.  So no thread here can keep the gate open:

* `see` opens and may hang or die afterwards: the guardian's deadline holds.
* The guardian hangs or dies in the middle of a pulse: `tend`, called by `see` with every frame and
  by `maintain` every second, misses its answer, kills it, has a new one set the line inactive, and
  raises, which ends the process.
* Both loops hang: the supervisor's thread, which waits for nothing else, ends the process, and with
  it the pulse.

A second pulse waits for the pause, and so does the first after the start: a unit that starts over
and over opens at most once a pause, and for nobody who stood there before (`pipeline.Lane`).
Who came meanwhile and stands there when it is over is asked for again (`Lane.ask_again`).
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Lock

from appliance.custody import LATE_S
from appliance.decision import Outcome
from appliance.errors import GatepostError, LineError
from appliance.respond.guardian import OFF, ON, ORDER, REFUSED
from appliance.ward import ANSWER_S, Ward

SLACK_S = 1.0
"""How late the end of a pulse may be told before the guardian counts as lost."""
MEMORY = 1000
"""Passages that have had their answer; a passage is fresh for seconds only."""

log = logging.getLogger(__name__)


class Guardian:
    """The unit's end of the process that holds the line."""

    def __init__(self, number: int, *, active_low: bool) -> None:
        """Start it; on return the line is inactive.

        Args:
            number: of the line, in Broadcom's (BCM) numbering.
            active_low: the line is active when its pin is low.

        Raises:
            ConfigurationError: the library is not installed.
            LineError: the line cannot be had.
        """
        active = "low" if active_low else "high"
        self._ward = Ward("gate", "appliance.respond.guardian", [str(number), active])
        self._lost = ""
        self._off_by = 0.0  # monotonic; 0 where no pulse is running

    @property
    def pid(self) -> int:
        """The process."""
        return self._ward.pid

    def pulse(self, length_s: float) -> bool:
        """Whether the line is active now, and will be for `length_s` seconds at most."""
        if self._collect() or self._lost:
            return False
        asked_at = time.monotonic()
        if not self._ward.order(ORDER.pack(asked_at, length_s)):
            self._lost = "the process that holds the line is gone"
            return False
        answer = self._ward.answer(ANSWER_S)
        if answer == ON:
            self._off_by = asked_at + LATE_S + length_s + SLACK_S
        elif answer != REFUSED:
            self._lost = "the process that holds the line does not answer"
        return answer == ON

    def fault(self) -> str:
        """What is wrong with it, in words; empty where nothing is."""
        if self._collect() and time.monotonic() > self._off_by:
            self._lost = "the end of a pulse was not told in time"
        code = self._ward.code
        if code is not None and not self._lost:
            self._lost = f"the process that holds the line has ended (code {code})"
        return self._lost

    def kill(self) -> None:
        """End it although it does not answer; the line stays as it is."""
        self._ward.kill()
        self._lost = self._lost or "closed"

    def close(self) -> None:
        """Let the line go: inactive, the process ended; killed where it does not end by itself."""
        self._lost = self._lost or "closed"
        self._ward.close()

    def _collect(self) -> bool:
        """Take in the end of a pulse if it has been told; whether one is still running."""
        if self._off_by and self._ward.answer(0) == OFF:
            self._off_by = 0.0
        return self._off_by > 0


class Gate:
    """Gives a pulse for a passage, or says why not.

    Any thread may call; `open` takes milliseconds, and a second at most.
    """

    def __init__(
        self,
        pulse_s: float,
        pause_s: float,
        start: Callable[[], Guardian] | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the line, inactive.

        Args:
            pulse_s: length of a pulse, 0.1 to 10 seconds.
            pause_s: least seconds between two pulses, and before the first.
            start: gives a new guardian of the line; None for a dry run, which switches nothing.
            clock: monotonic seconds.

        Raises:
            ConfigurationError: the library of the line is not installed.
            LineError: the line cannot be had.
        """
        self._pulse_s, self._pause_s = pulse_s, pause_s
        self._start, self._clock = start, clock
        self._guardian = start() if start else None
        self._rested_at = clock() + pause_s
        self._asked: deque[str] = deque(maxlen=MEMORY)
        self._over = ""  # what was wrong with the line; nobody takes it any more
        self._lock = Lock()

    def open(self, uuid: str, *, fresh: bool) -> Outcome:
        """Open for a passage, if this is the first time that it asks outside of the pause.

        Who asks within the pause may ask again, and is fresh or not anew.

        Args:
            uuid: of the passage.
            fresh: the vehicle is there now and was seen to come.
        """
        with self._lock:
            outcome = self._open(uuid, fresh=fresh)
        log.info("gate: passage %s: %s", uuid, outcome)
        return outcome

    def is_rested(self) -> bool:
        """Whether the pause is over."""
        with self._lock:
            return self._clock() >= self._rested_at

    def tend(self) -> None:
        """See that the line is in good hands.

        Raises:
            LineError: it was not; it has been set inactive as far as that was possible.
        """
        with self._lock:
            if self._guardian and not self._over and (fault := self._guardian.fault()):
                self._over = fault
                self._rest()
            if self._over:
                raise LineError(f"gate: {self._over}")

    def close(self) -> None:
        """Let the line go, inactive; a pulse that is running ends now."""
        with self._lock:
            if self._guardian:
                self._guardian.close()

    def _open(self, uuid: str, *, fresh: bool) -> Outcome:
        if uuid in self._asked:
            return "duplicate"
        now = self._clock()
        if fresh and now < self._rested_at:
            return "too_soon"
        self._asked.append(uuid)
        if not fresh:
            return "not_fresh"
        self._rested_at = now + self._pulse_s + self._pause_s
        if self._guardian is None:
            return "dry_run"
        return "opened" if self._guardian.pulse(self._pulse_s) else "failed"

    def _rest(self) -> None:
        """End a guardian that is lost; a new one sets the line inactive at its start."""
        if self._guardian and self._start:
            self._guardian.kill()
            with suppress(GatepostError):  # what was lost is told, not what could not be mended
                self._guardian = self._start()
                self._guardian.close()
