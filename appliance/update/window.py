"""When a unit installs by itself: in the hours that its owner gives it, and not all at once.  Pure.

The rule to know: nobody here asks the clock.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from appliance.update.lot import place_of
from appliance.weekly import DAY_MIN, Span


def is_due(window: Span, unit: str, local: datetime) -> bool:
    """Whether a unit may begin: in the window, after its own part of the window's first half.

    Args:
        window: of the owner.
        unit: its id, by which a fleet's units are spread.
        local: local time.
    """
    length = (window.end - window.begin) % DAY_MIN or DAY_MIN
    later = timedelta(minutes=place_of(unit, "window") / 100 * length / 2)
    return window.covers(local) and window.covers(local - later)


def day_of(window: Span, local: datetime) -> date:
    """The day on which the window began that a local time is in, over midnight too."""
    return (local - timedelta(minutes=window.begin)).date()
