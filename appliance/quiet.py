"""Whether nobody has come by for too long, in hours of the day.  Pure.

The rules to know: only time counts in which the unit was looking; and where nobody knows what time
it is, only so many daytime hours as have gone by whatever it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

HOUR_S, DAY_S = 3600.0, 86400.0


@dataclass(frozen=True, slots=True)
class Daytime:
    """Hours of each day, local time.

    Attributes:
        begin, end: minutes since midnight; `begin` is before `end`.
    """

    begin: int
    end: int

    def covers(self, local: datetime) -> bool:
        """Whether it is day then."""
        return self.begin <= local.hour * 60 + local.minute < self.end

    def least_s(self, seconds: float) -> float:
        """Seconds of day in any stretch of so many seconds, whenever it began."""
        day = (self.end - self.begin) * 60.0
        whole, rest = divmod(seconds, DAY_S)
        return whole * day + max(0.0, rest - (DAY_S - day))


@dataclass(frozen=True, slots=True)
class Quiet:
    """How long nobody has come by.

    Attributes:
        seen_s: seconds of day.
        blind_s: seconds of which nobody knows whether they were of day.
    """

    seen_s: float = 0.0
    blind_s: float = 0.0

    def longer(self, seconds: float, local: datetime | None, day: Daytime) -> Quiet:
        """So many seconds later.

        Args:
            seconds: since the last time.
            local: local time, None where nobody vouches for the clock.
            day: which hours count.
        """
        if local is None:
            return replace(self, blind_s=self.blind_s + seconds)
        return replace(self, seen_s=self.seen_s + seconds) if day.covers(local) else self

    def hours(self, day: Daytime) -> float:
        """Hours of day that have gone by at least."""
        return (self.seen_s + day.least_s(self.blind_s)) / HOUR_S
