"""When the light shall shine, and how much it may at most.  Pure.

The rule to know: whatever anybody wishes, a command of a person included, only what `granted`
gives is ever ordered: never more than the heat allows, and nothing without frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor, isfinite
from typing import Literal

from appliance.weekly import Span

Mode = Literal["auto", "on", "off", "schedule"]

COOL_C, WARM_C, HOT_C = 60.0, 75.0, 80.0
"""All is allowed up to the first, WARM_PERCENT from the second on, nothing from the third on."""
HYSTERESIS_C = 5.0
"""So much cooler than it was must it be before more is allowed again."""
ALL_PERCENT, WARM_PERCENT = 100, 20
UNKNOWN_PERCENT = 50
"""Where nobody tells the temperature: what is allowed at 69 °C."""
FRAMELESS_S = 10.0
"""So long without a frame, and it is dark: who sees nothing needs no light."""


@dataclass(frozen=True, slots=True)
class Heat:
    """How hot it is, for what is allowed.

    Attributes:
        counted: degrees Celsius: the temperature itself, or up to HYSTERESIS_C more after it was
            hotter; None before it was ever known.
        is_known: it is known now.
    """

    counted: float | None = None
    is_known: bool = False

    def after(self, celsius: float | None) -> Heat:
        """The next, with the temperature of now; None where nobody tells it."""
        if celsius is None or not isfinite(celsius):
            return Heat(self.counted, is_known=False)
        if self.counted is None:
            return Heat(celsius, is_known=True)
        counted = min(max(self.counted, celsius), celsius + HYSTERESIS_C)
        return Heat(counted, is_known=True)

    @property
    def percent(self) -> int:
        """The most that is allowed, 0 to 100."""
        most = ALL_PERCENT if self.counted is None else most_percent(self.counted)
        return most if self.is_known else min(most, UNKNOWN_PERCENT)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wished for, by whom it may be.

    Attributes:
        mode: of the configuration.
        percent: how bright it shall be where it shall be lit, 0 to 100.
        spans: when it shall be lit in the mode "schedule".
        released: false: dark, whatever the mode is; a person's switch.
        dark_outside: daylight wants it lit.
    """

    mode: Mode
    percent: int
    spans: Sequence[Span] = ()
    released: bool = True
    dark_outside: bool = False

    def wanted(self, local: datetime | None) -> int:
        """Percent that are wished for now.

        Args:
            local: the unit's local time; None where nobody vouches for the clock: then a schedule
                means nothing, and daylight decides.
        """
        return self.percent if self.released and self._is_lit(local) else 0

    def _is_lit(self, local: datetime | None) -> bool:
        if self.mode == "schedule" and local is not None:
            return any(span.covers(local) for span in self.spans)
        if self.mode in {"on", "off"}:
            return self.mode == "on"
        return self.dark_outside


def most_percent(celsius: float) -> int:
    """What a temperature allows, in whole percent, rounded down."""
    if celsius >= HOT_C:
        return 0
    steps = (min(max(celsius, COOL_C), WARM_C) - COOL_C) / (WARM_C - COOL_C)
    return floor(ALL_PERCENT - (ALL_PERCENT - WARM_PERCENT) * steps)


def granted(wanted: int, heat: Heat, frame_age_s: float | None, *, can_dim: bool) -> int:
    """Percent that a head gets.

    Args:
        wanted: percent that it shall get.
        heat: of now.
        frame_age_s: seconds since the newest frame; None before the first.
        can_dim: the head knows more than on and off; one that does not is lit only where all is
            allowed, for it cannot give less.
    """
    if frame_age_s is None or not 0 <= frame_age_s < FRAMELESS_S or wanted <= 0:
        return 0
    if not can_dim:
        return ALL_PERCENT if heat.percent == ALL_PERCENT else 0
    return min(wanted, heat.percent)
