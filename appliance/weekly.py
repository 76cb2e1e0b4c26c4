"""Weekly times in words: "mon-fri 07:00-18:30".  Pure; the unit's local time is meant.

The rule to know: a span holds from its first minute up to, not including, its last; one that ends
before it begins goes over midnight and belongs to the day on which it begins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MIN = 24 * 60
WRITTEN = re.compile(r"(?:([a-z]{3})(?:-([a-z]{3}))? +)?(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """A span of hours on some days of the week.

    Attributes:
        days: on which it begins, 0 is Monday.
        begin, end: minutes since midnight; `end` is at most 1440, and on the next day where it is
            not after `begin`.
    """

    days: frozenset[int]
    begin: int
    end: int

    def covers(self, local: datetime) -> bool:
        """Whether the span holds at a local time."""
        day, minute = local.weekday(), local.hour * 60 + local.minute
        if self.begin < self.end:
            return day in self.days and self.begin <= minute < self.end
        is_evening = day in self.days and minute >= self.begin
        return is_evening or ((day - 1) % 7 in self.days and minute < self.end)


def parse_span(text: str) -> Span:
    """A span as it is written: "mon-fri 07:00-18:30", "sat 22:00-02:00", every day "07:00-09:00".

    Raises:
        ValueError: it says what was expected.
    """
    found = WRITTEN.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f'{text!r}: expected days and hours as in "mon-fri 07:00-18:30"')
    first, last = found[1] or "mon", found[2] or found[1] or "sun"
    unknown = [day for day in (first, last) if day not in DAYS]
    if unknown:
        raise ValueError(f"{text!r}: {unknown[0]} is no day; expected {', '.join(DAYS)}")
    begin, end = (_minutes(text, found[i], found[i + 1]) for i in (3, 5))
    if begin in {end, DAY_MIN}:
        raise ValueError(f"{text!r}: an empty span; the whole day is 00:00-24:00")
    return Span(_days(DAYS.index(first), DAYS.index(last)), begin, end)


def _minutes(text: str, hours: str, minutes: str) -> int:
    total = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or total > DAY_MIN:  # noqa: PLR2004  # minutes of an hour
        raise ValueError(f"{text!r}: {hours}:{minutes} is no time; expected 00:00 to 24:00")
    return total


def _days(first: int, last: int) -> frozenset[int]:
    """From one day to another, over Sunday where the second comes first."""
    return frozenset((first + i) % 7 for i in range((last - first) % 7 + 1))
