"""When an entry of a list is in force: its first and last day or moment, its weekly spans.  Pure.

The rule to know: nobody here asks the clock or knows a time zone.  Whoever asks gives the moment as
an aware datetime in the unit's own zone, and its date, hour and minute are the wall clock's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timezone
from functools import lru_cache

from appliance.weekly import DAY_MIN, DAYS, Span, parse_span

DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
SPAN_EXPECTED = "expected such as 'mon-fri 07:00-18:30', '22:00-06:00' or 'sat 00:00-24:00'"
BOUND_EXPECTED = "expected a day (2026-05-01) or a moment with its zone (2026-05-01T10:00:00Z)"


def parse_bound(text: str) -> str:
    """A day of the unit's zone as "2026-05-01", or a moment in UTC as "2026-05-01T10:00:00Z".

    Two of the same form compare as text.  Fractions of a second are dropped.

    Raises:
        ValueError: what was expected, in words.
    """
    text = text.strip()
    moment = MOMENT.fullmatch(text)
    try:
        if moment is not None:
            day, time, zone = moment.groups()
            offset = "+00:00" if zone in "Zz" else zone
            return _utc(datetime.fromisoformat(f"{day}T{time}{offset}"))
        if DATE.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except (ValueError, OverflowError) as fault:  # 31 February; year 1 less its offset
        raise ValueError(BOUND_EXPECTED) from fault
    raise ValueError(BOUND_EXPECTED)


def parse_spans(texts: Iterable[str]) -> tuple[Span, ...]:
    """Weekly spans, each once, in the order of their texts.

    Raises:
        ValueError: what was expected, in words.
    """
    return tuple(sorted({_span(text) for text in texts}, key=span_text))


def span_text(span: Span) -> str:
    """A span as `parse_spans` reads it, in one way only; without days where it is all of them."""
    hours = f"{_clock(span.begin)}-{_clock(span.end)}"
    if len(span.days) == len(DAYS):
        return hours
    first = next(day for day in span.days if (day - 1) % 7 not in span.days)
    last = (first + len(span.days) - 1) % 7
    days = DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}"
    return f"{days} {hours}"


def is_same_form(one: str, other: str) -> bool:
    """Both bounds are days, or both are moments."""
    return len(one) == len(other)


def is_before(when: datetime, bound: str) -> bool:
    """Whether `bound`, a first day or moment, is still to come at `when` (in the unit's zone)."""
    return _written_like(bound, when) < bound


def is_after(when: datetime, bound: str) -> bool:
    """Whether `bound` is over at `when`: a last day at its end, a moment when it comes."""
    now = _written_like(bound, when)
    return now > bound or (now == bound and not DATE.fullmatch(bound))


def _written_like(bound: str, when: datetime) -> str:
    return when.date().isoformat() if DATE.fullmatch(bound) else _utc(when)


def _utc(when: datetime) -> str:
    moment = when.astimezone(timezone.utc).replace(microsecond=0, tzinfo=None)
    return f"{moment.isoformat()}Z"


@lru_cache(maxsize=1024)  # the entries of a long list share a few spans
def _span(text: str) -> Span:
    """Midnight as an end is 24:00, so that one span is written in one way."""
    try:
        span = parse_span(text)
    except ValueError as fault:  # it names the text, which may be a plate in the wrong column
        raise ValueError(SPAN_EXPECTED) from fault
    return replace(span, end=span.end or DAY_MIN)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
