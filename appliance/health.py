"""How the unit is: counters, problems, temperature, trust in the clock.

The rule to know: every loop writes here and anyone reads a `Vitals`, a frozen copy.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Literal

from appliance.decision import Outcome
from appliance.domain import Clock

Counted = Literal["passages", "frames"]
Beat = Callable[[], None]
"""By calling it a loop says that it is alive."""

THERMAL = Path("/sys/class/thermal")
# systemd-timesyncd touches it after the first answer of a server; adjtimex(2) is not in Python
SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")

RTC = Path("/sys/class/rtc")
RTC_AGREES_S = 60.0
"""Seconds between an RTC and the system's clock within which the one can have set the other.  One
that lost its battery begins in the past, and systemd moves only the system's clock on."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Vitals:
    """The unit's health at one moment.

    Attributes:
        passages, frames: counted since the process began.
        rejected: tracks that gave no passage, since then.
        rejects: the same by the name of their reason.
        gate: what the gate did when it was asked, by outcome, since then.
        problems: what is wrong now, in words, in alphabetical order.
        soc_temp: the hottest zone in degrees Celsius; None where the kernel names none.
        clock: how far wall-clock time can be trusted.
    """

    passages: int
    frames: int
    rejected: int
    rejects: dict[str, int]
    gate: dict[Outcome, int]
    problems: tuple[str, ...]
    soc_temp: float | None
    clock: Clock


class Health:
    """Counters and problems that any thread may change."""

    def __init__(
        self, thermal: Path = THERMAL, synchronized: Path = SYNCHRONIZED, rtc: Path = RTC
    ) -> None:
        """Watch the kernel's thermal zones, the time daemon's mark, and the battery clocks."""
        self._thermal = thermal
        self._synchronized = synchronized
        self._rtc = rtc
        self._lock = Lock()
        self._counts: dict[Counted, int] = {"passages": 0, "frames": 0}
        self._rejects: dict[str, int] = {}
        self._gate: dict[Outcome, int] = {}
        self._problems: dict[str, str] = {}

    def count(self, what: Counted, by: int = 1) -> None:
        """Add `by` to one of the counters."""
        with self._lock:
            self._counts[what] += by

    def reject(self, reasons: Mapping[str, int]) -> None:
        """Take over how many tracks gave no passage, by reason, since the process began."""
        with self._lock:
            self._rejects = dict(reasons)

    def count_gate(self, outcome: Outcome) -> None:
        """Add one to what the gate did."""
        with self._lock:
            self._gate[outcome] = self._gate.get(outcome, 0) + 1

    def problem(self, key: str, text: str | None) -> None:
        """Note what is wrong under `key`, or with None that nothing is; a change is logged."""
        with self._lock:
            before = self._problems.pop(key, None)
            if text is not None:
                self._problems[key] = text
        if text is not None and text != before:
            log.warning("problem: %s", text)
        if text is None and before is not None:
            log.info("no longer a problem: %s", before)

    def clock(self) -> Clock:
        """How far wall-clock time can be trusted now."""
        if self._synchronized.exists():
            return "ntp"
        return "rtc" if any(map(_has_set_the_clock, self._rtc.glob("rtc*"))) else "none"

    def snapshot(self) -> Vitals:
        """A frozen copy of everything."""
        temperature, clock = self._temperature(), self.clock()
        with self._lock:
            problems = tuple(sorted(self._problems.values()))
            return Vitals(
                **self._counts,
                rejected=sum(self._rejects.values()),
                rejects=dict(self._rejects),
                gate=dict(self._gate),
                problems=problems,
                soc_temp=temperature,
                clock=clock,
            )

    def _temperature(self) -> float | None:
        zones = [_celsius(path) for path in self._thermal.glob("thermal_zone*/temp")]
        return max((degrees for degrees in zones if degrees is not None), default=None)


def _has_set_the_clock(rtc: Path) -> bool:
    """Whether the kernel took its time from this battery clock, and it still has it.

    `hctosys` is 1 for the one that the clock was set from at boot, be that to 1970
    (Documentation/ABI/testing/sysfs-class-rtc of Linux).
    """
    try:
        if (rtc / "hctosys").read_text(encoding="ascii").strip() != "1":
            return False
        shows_s = int((rtc / "since_epoch").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return False
    return abs(time.time() - shows_s) < RTC_AGREES_S


def _celsius(path: Path) -> float | None:
    """The kernel gives thousandths; a zone that is switched off gives an error when it is read."""
    try:
        return round(int(path.read_text(encoding="ascii")) / 1000, 1)
    except (OSError, ValueError):
        return None
