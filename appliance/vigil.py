"""What nobody else notices: a disk that fills, a lane on which nobody comes, a list that grows old.

The rule to know: what must outlive the process is written once an hour and at the end, not more:
the card wears.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from appliance.decision import ListName
from appliance.health import Health, Vitals
from appliance.healthsection import HealthLimits
from appliance.hwmon import OVER_CURRENT, UNDER_VOLTAGE, Fan
from appliance.quiet import HOUR_S, Quiet
from appliance.respond.lists import PRECEDENCE
from appliance.store import reserve
from appliance.store.lists import ListStore
from appliance.store.marks import Marks
from appliance.transmit.state import Disk, ListAge

LEAST_FREE_MB = 100
"""Below it the disk is nearly full: a day of a busy lane with its log."""
HOLD_S = 60.0
"""Seconds for which a problem of the supply stays: under-voltage comes and goes with the load."""
DRIVEN = 30
"""Percent of its drive with which every fan turns."""
SUPPLY = {
    UNDER_VOLTAGE: "under-voltage: the power supply or its cable is too weak",
    OVER_CURRENT: "over-current: the board takes more than it may",
}
STEP_S = 60.0  # longer than that nobody looked: the process was stopped


def _now() -> datetime:
    return datetime.now().astimezone()


@dataclass(slots=True)
class Vigil:
    """Notes such problems, in the loop that maintains.

    Attributes:
        health: where they show.
        limits: from when on they are problems.
        marks: on the connection of that loop.
        lists: on the same connection.
        folder: of the store.
        newest: gives the highest `seq` of the history.
        local: local time; a test has its own.
        monotonic: seconds; a test has its own.
    """

    health: Health
    limits: HealthLimits
    marks: Marks
    lists: ListStore
    folder: Path
    newest: Callable[[], int]
    local: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = time.monotonic
    quiet: Quiet = field(default_factory=Quiet, init=False)
    slow_at: dict[str, float] = field(default_factory=dict, init=False)  # when last, by reason
    passages: int = field(default=0, init=False)  # of which the lane has told
    looked_at: float = field(init=False)
    turned_at: float = field(init=False)  # the fan, or nobody asked it to
    write_at: float = field(init=False)

    def __post_init__(self) -> None:
        """Go on from what the process before has written, unless somebody came since."""
        self.looked_at = self.turned_at = self.monotonic()
        self.write_at = self.looked_at + HOUR_S
        if self.marks.get("quiet_seq") == self.newest():
            known = self.marks.get("quiet_seen_s"), self.marks.get("quiet_blind_s")
            self.quiet = Quiet(*(float(each or 0) for each in known))

    def turn(self, vitals: Vitals, *, is_due: bool = True) -> None:
        """Look at what changes with time; cheap, for it is called every second.

        Args:
            vitals: of now.
            is_due: a minute is over: look at the disk and the board too.

        Raises:
            StoreError: the figures cannot be written.
        """
        now = self.monotonic()
        elapsed, self.looked_at = now - self.looked_at, now
        is_known = vitals.clock != "none"
        if vitals.passages != self.passages:
            self.passages, self.quiet = vitals.passages, Quiet()
        elif elapsed < STEP_S:
            local = self.local() if is_known else None
            self.quiet = self.quiet.longer(elapsed, local, self.limits.day)
        self.health.problem("quiet", self._too_quiet())
        self._slow_for(vitals.throttled or (), now)
        self._turns(vitals.fan, now)
        if is_due:
            self.disk()
            is_held = reserve.is_held(self.folder)
            self.health.problem("reserve", None if is_held else "the disk is full: no reserve")
        if now >= self.write_at:
            self.write_down()

    @property
    def quiet_h(self) -> float:
        """Daytime hours, to a tenth, in which nobody came by."""
        return round(self.quiet.hours(self.limits.day), 1)

    def write_down(self) -> None:
        """Let the next process know how long nobody has come by."""
        self.write_at = self.monotonic() + HOUR_S
        seen, blind = round(self.quiet.seen_s), round(self.quiet.blind_s)
        figures = {"quiet_seen_s": seen, "quiet_blind_s": blind, "quiet_seq": self.newest()}
        self.marks.put(figures)

    def disk(self) -> Disk | None:
        """How much is free; a problem where it is little.  None where nobody lets us look."""
        try:
            usage = shutil.disk_usage(self.folder)
        except OSError:
            return None
        free_mb = usage.free // 1_000_000
        told = f"the disk is nearly full: less than {LEAST_FREE_MB} MB are free"
        self.health.problem("disk", told if free_mb < LEAST_FREE_MB else None)
        return Disk(free_mb, round(100 * usage.free / max(1, usage.total), 1))

    def ages(self, vitals: Vitals) -> dict[ListName, ListAge]:
        """How old the lists are; a problem where one that has entries is too old."""
        return {name: self._age(name, vitals) for name in PRECEDENCE}

    def _age(self, name: ListName, vitals: Vitals) -> ListAge:
        count = self.lists.state(name).count
        said_ms = self.lists.said_ms(name)
        if said_ms is None or vitals.clock == "none":
            return ListAge(count, None)
        hours = max(0.0, self.local().timestamp() - said_ms / 1000) / HOUR_S
        limit_h = 24 * self.limits.list_days
        is_old = count > 0 and 0 < limit_h < hours
        told = f"the list {name} is {hours / 24:.0f} days old" if is_old else None
        self.health.problem(f"list {name}", told)
        return ListAge(count, round(hours, 1))

    def _slow_for(self, reasons: Sequence[str], now: float) -> None:
        """Tell why the processor is slow or was lately: what comes and goes is one problem."""
        self.slow_at |= dict.fromkeys(reasons, now)
        lately = [reason for reason, at in self.slow_at.items() if now < at + HOLD_S]
        for reason, told in SUPPLY.items():
            self.health.problem(reason, told if reason in lately else None)
        slow = ", ".join(reason for reason in lately if reason not in SUPPLY)
        self.health.problem("throttled", f"the processor is slowed down: {slow}" if slow else None)

    def _turns(self, fan: Fan | None, now: float) -> None:
        """A fan that is driven and stands still; it needs a moment to start."""
        stands = fan is not None and fan.rpm == 0 and (fan.percent or 0) >= DRIVEN
        if not stands:
            self.turned_at = now
        told = "the fan is driven and does not turn"
        self.health.problem("fan", told if now > self.turned_at + HOLD_S else None)

    def _too_quiet(self) -> str | None:
        hours = self.quiet.hours(self.limits.day)
        if not 0 < self.limits.quiet_hours <= hours:
            return None
        return f"no passage for {self.limits.quiet_hours:g} daytime hours"
