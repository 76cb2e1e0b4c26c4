"""Weekly times: what they cover, and what is said about faulty ones."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.weekly import DAYS, parse_span

MONDAY = datetime(2026, 11, 16)  # noqa: DTZ001  # local time is what a span is about

COVERED = {
    "the first minute": ("mon-fri 07:00-18:30", 0, "07:00", True),
    "the minute before": ("mon-fri 07:00-18:30", 0, "06:59", False),
    "the last minute": ("mon-fri 07:00-18:30", 4, "18:29", True),
    "the minute after": ("mon-fri 07:00-18:30", 4, "18:30", False),
    "another day": ("mon-fri 07:00-18:30", 5, "12:00", False),
    "one day": ("sat 10:00-12:00", 5, "11:00", True),
    "every day": ("07:00-09:00", 6, "08:00", True),
    "the whole day": ("sun 00:00-24:00", 6, "23:59", True),
    "over the week's end": ("sat-mon 10:00-12:00", 0, "11:00", True),
    "the evening of a night": ("fri 22:00-02:00", 4, "23:00", True),
    "the morning of a night": ("fri 22:00-02:00", 5, "01:59", True),
    "the morning before a night": ("fri 22:00-02:00", 4, "01:00", False),
    "a night from Sunday to Monday": ("sun 22:00-02:00", 0, "01:00", True),
    "capitals and spaces": (" Mon-Fri  07:00-18:30 ", 0, "07:00", True),
}
FAULTY = {
    "no hours": ("mon-fri", "expected days and hours as in"),
    "another form": ("7-18", "expected days and hours as in"),
    "an unknown day": ("mon-fry 07:00-18:00", "fry is no day; expected mon, tue"),
    "an hour too late": ("25:00-26:00", "25:00 is no time; expected 00:00 to 24:00"),
    "too many minutes": ("07:60-08:00", "07:60 is no time"),
    "nothing": ("07:00-07:00", "an empty span"),
    "from midnight on": ("24:00-02:00", "an empty span"),
}


@pytest.mark.parametrize("name", COVERED)
def test_a_span_covers_its_times(name: str) -> None:
    """From the first minute up to the last, on its days; a night belongs to its evening."""
    text, day, time, expected = COVERED[name]
    hours, minutes = map(int, time.split(":"))
    local = MONDAY + timedelta(days=day, hours=hours, minutes=minutes)
    assert parse_span(text).covers(local) is expected


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_span_is_refused_in_words(name: str) -> None:
    """With the text and what was expected."""
    text, expected = FAULTY[name]
    with pytest.raises(ValueError, match=expected) as caught:
        parse_span(text)
    assert text in str(caught.value)


@given(
    day=st.integers(0, 6),
    begin=st.integers(0, 1439),
    length=st.integers(1, 1439),
    after=st.integers(0, 7 * 1440 - 1),
)
def test_a_span_covers_as_many_minutes_as_it_is_long(
    day: int, begin: int, length: int, after: int
) -> None:
    """Any minute of the week lies within the span or not by its distance from the beginning."""
    end = (begin + length) % 1440
    text = f"{DAYS[day]} {begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}"
    local = MONDAY + timedelta(days=day, minutes=begin + after)
    assert parse_span(text).covers(local) is (after < length)
