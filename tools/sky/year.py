"""The year itself: the machine under test looks at that lane, and what it did is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from appliance.capture.daylight import Daylight
from appliance.exposure import TimeOfDay
from tools.sky.site import Eye, Place, World
from tools.sky.sky import DAY_S

COARSE_S, FINE_S, FINEST_S = 8.0, 2.0, 0.25
"""Seconds between two looks: far from every bound, near them, while a change is under way."""
CHANGED_S = 5.0
DAY_SKY_LUX, BRIGHT_SKY_LUX, SUN_SKY_LUX = 400.0, 2_000.0, 10_000.0
"""From which on a lit lamp is one by day (sunset under a clear sky), bright day, and full sun."""
DARK_LUX = 5.0
SLOT_S = 600.0  # of the picture


@dataclass(slots=True)
class Tally:
    """What happened, without the hours in which the lens was covered.

    Attributes:
        changes: of the time of day, by day of the year.
        capped: the same while the lens was covered, or an hour after.
        lit_by_day_s: seconds with our light wanted, dark probes included, under a sky of day: in
            all, and the longest stretch.
        lit_by_bright_day_s: the same under that of a bright one.
        blind_s: the longest stretch of night settings in full sun.
        dark_s: the longest stretch without our light where there was next to no other.
        probes, lit_s: dark probes begun, and seconds with our light on.
        capped_lit_s: seconds with our light on behind the cap, and seconds behind it.
        slots: time of day, or that the lens was found covered, for each SLOT_S.
        looks: in all.
    """

    changes: Counter[int] = field(default_factory=Counter)
    capped: Counter[int] = field(default_factory=Counter)
    lit_by_day_s: tuple[float, float] = (0.0, 0.0)
    lit_by_bright_day_s: tuple[float, float] = (0.0, 0.0)
    blind_s: float = 0.0
    dark_s: float = 0.0
    probes: int = 0
    lit_s: float = 0.0
    capped_lit_s: tuple[float, float] = (0.0, 0.0)
    slots: dict[int, TimeOfDay | Literal["covered"]] = field(default_factory=dict)
    looks: int = 0


@dataclass(slots=True)
class Stretch:
    """How long something lasts without a break, and in all."""

    now: float = 0.0
    longest: float = 0.0
    total: float = 0.0

    def note(self, seconds: float, *, holds: bool) -> None:
        """So long it did, or did not."""
        self.now = self.now + seconds if holds else 0.0
        self.longest = max(self.longest, self.now)
        self.total += seconds if holds else 0.0


class Year:
    """One machine at one place, day after day.

    Args:
        place: where.
        seed: of weather and traffic.
    """

    def __init__(self, place: Place, seed: int = 1) -> None:
        self.world, self.daylight = World(place, seed), Daylight(place.speed_kmh)
        self.eye = Eye(place, Random(seed))  # noqa: S311  # noise, no secret
        self.tally = Tally()
        self._by_day, self._by_bright_day = Stretch(), Stretch()
        self._blind, self._dark = Stretch(), Stretch()
        self._behind_cap, self._lit_behind_cap = Stretch(), Stretch()
        self._calm_at = self._capped_until = 0.0

    def run(self, days: Iterable[int]) -> Tally:
        """Live through these days of the year, in order."""
        for day in days:
            seconds = day * DAY_S
            while seconds < (day + 1) * DAY_S:
                seconds += self._turn(seconds)
        tally = self.tally
        tally.lit_by_day_s = self._by_day.total, self._by_day.longest
        bright = self._by_bright_day
        tally.lit_by_bright_day_s = bright.total, bright.longest
        tally.blind_s, tally.dark_s = self._blind.longest, self._dark.longest
        tally.capped_lit_s = self._lit_behind_cap.total, self._behind_cap.total
        return tally

    def _turn(self, seconds: float) -> float:
        """One look; gives the seconds to the next."""
        sky, capped = self.world.sky_lux(seconds), self.world.is_capped(seconds)
        machine = self.daylight
        sensed = self.world.sensed_lux(seconds, sky, filtered=machine.settings.filtered)
        before = machine.time_of_day, machine.phase
        settings = machine.step(self.eye.look(seconds, sensed, capped=capped))
        self.eye.obey(seconds, settings)
        if (machine.time_of_day, machine.phase) != before:
            self._calm_at = seconds + CHANGED_S
        if machine.time_of_day != before[0]:
            is_ours = seconds < self._capped_until or capped
            (self.tally.capped if is_ours else self.tally.changes)[int(seconds // DAY_S)] += 1
        self.tally.probes += machine.phase == "probe" != before[1]
        pause = self._pause(seconds, sky)
        self._count(seconds, pause, sky, capped=capped)
        self._dark.note(pause, holds=self._is_dark(seconds, sensed, capped=capped))
        return pause

    def _pause(self, seconds: float, sky: float) -> float:
        if seconds < self._calm_at or self.daylight.phase in {"probe", "trial"}:
            return FINEST_S
        return FINE_S if 1 < sky < SUN_SKY_LUX / 10 else COARSE_S

    def _count(self, seconds: float, pause: float, sky: float, *, capped: bool) -> None:
        tally, lit = self.tally, self.eye.is_lit
        tally.looks += 1
        tally.lit_s += pause if lit else 0.0
        is_covered = self.daylight.is_covered
        tally.slots[int(seconds // SLOT_S)] = "covered" if is_covered else self.daylight.time_of_day
        self._behind_cap.note(pause, holds=capped)
        self._lit_behind_cap.note(pause, holds=capped and lit)
        if capped:
            self._capped_until = seconds + 3600
        is_clear = not capped and seconds >= self._capped_until
        is_night = self.daylight.time_of_day == "night"
        wants_light = is_clear and is_night and not is_covered
        self._by_day.note(pause, holds=wants_light and sky > DAY_SKY_LUX)
        self._by_bright_day.note(pause, holds=wants_light and sky > BRIGHT_SKY_LUX)
        self._blind.note(pause, holds=not capped and is_night and sky > SUN_SKY_LUX)

    def _is_dark(self, seconds: float, sensed: float, *, capped: bool) -> bool:
        is_clear = not capped and seconds >= self._capped_until
        return is_clear and not self.eye.is_lit and sensed < DARK_LUX
