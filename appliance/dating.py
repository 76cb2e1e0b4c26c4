"""Whether the wall clock is believed, and what moves with it when it is set.

The rules to know: where nobody vouches for the clock, nothing gets older by it, forward or back; as
soon as somebody does, what was recorded meanwhile is as old as the unit knows, and counted from
now on at the latest: it is neither deleted unseen nor kept for ever.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

from appliance.domain import Clock
from appliance.store.passages import Passages
from appliance.yard import Yard

JUMP_S = 60.0  # more than a clock drifts in a minute
HOUR_S = 3600.0  # between two figures for the next process: the card wears

log = logging.getLogger(__name__)


def _clock_s() -> float:
    """Wall-clock seconds at the monotonic clock's zero: it changes when the clock is set."""
    return time.time() - time.monotonic()


@dataclass(slots=True)
class Dating:
    """Keeps the retention's clock right, in the loop that maintains.

    Attributes:
        passages: on the connection of that loop; its `keeping` is what the lane dates by, too.
        yard: whose visits move with the passages; None where nobody counts.
    """

    passages: Passages
    yard: Yard | None
    clock_s: float = field(default_factory=_clock_s, init=False)
    known_seq: int = field(default=0, init=False)  # recorded before the clock was looked at last
    write_at: float = field(default=0.0, init=False)  # monotonic seconds

    def __post_init__(self) -> None:
        """Go on from where the process before has left the time."""
        kept_ms = self.passages.marks.get("kept_ms")
        if kept_ms is not None:
            self.passages.keeping.hold(kept_ms)

    def turn(self, clock: Clock) -> None:
        """Look at the clock, which is called every second.

        Raises:
            StoreError: the history cannot be changed.
        """
        newest = self.passages.newest()  # before the clock is looked at
        keeping, jump = self.passages.keeping, _clock_s() - self.clock_s
        if clock == "none":
            if not keeping.is_held:  # by what the wall clock said before it jumped
                keeping.hold(round(1000 * (time.monotonic() + self.clock_s)))
            self.clock_s += jump
        elif keeping.is_held:
            self._believe()
        elif abs(jump) > JUMP_S:
            self._follow(jump)
        self.known_seq = newest
        if time.monotonic() >= self.write_at:
            self.write_down(clock)

    def write_down(self, clock: Clock) -> None:
        """Let the next process know what time it is, and what was recorded in good time."""
        self.write_at = time.monotonic() + HOUR_S
        figures = {"kept_ms": self.passages.keeping.now_ms()}
        if clock != "none":
            figures["kept_seq"] = self.known_seq
        self.passages.marks.put(figures)

    def _believe(self) -> None:
        """Somebody vouches for the clock now."""
        now_ms = round(time.time() * 1000)
        by_ms = now_ms - self.passages.keeping.now_ms()
        if abs(by_ms) > JUMP_S * 1000:
            log.warning("the time is known: %.0f s from what it was taken for", by_ms / 1000)
        self.passages.date_anew(self.passages.marks.get("kept_seq") or 0, by_ms, now_ms)
        self._realign()
        self.clock_s, self.write_at = _clock_s(), 0.0

    def _follow(self, jump: float) -> None:
        """The clock was set: this process's passages move with it, and are as old as before."""
        log.warning("the clock was set by %.0f s", jump)
        self.passages.move_in_time(self.known_seq, round(jump * 1000))
        self._realign()
        self.clock_s += jump

    def _realign(self) -> None:
        if self.yard is not None:
            self.yard.realign()
