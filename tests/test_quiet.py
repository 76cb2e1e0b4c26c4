"""How long nobody has come by, in daytime hours, with a clock and without."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config import Config
from appliance.faults import sentence
from appliance.healthsection import daytime
from appliance.quiet import DAY_S, HOUR_S, Daytime, Quiet

DAY = Daytime(7 * 60, 21 * 60)
MIDNIGHT = datetime(2026, 11, 21, tzinfo=timezone.utc)
MINUTES = st.integers(0, 24 * 60)


def counted(begin: datetime, seconds: float, day: Daytime) -> float:
    """Seconds of day from `begin` on, counted minute by minute."""
    quiet = Quiet()
    for minute in range(int(seconds // 60)):
        quiet = quiet.longer(60.0, begin + timedelta(minutes=minute), day)
    return quiet.seen_s


def test_only_the_day_counts() -> None:
    """Two whole days of fourteen hours; the night none."""
    assert counted(MIDNIGHT, 2 * DAY_S, DAY) == 28 * HOUR_S
    assert counted(MIDNIGHT, 7 * HOUR_S, DAY) == 0
    assert counted(MIDNIGHT + timedelta(hours=21), 10 * HOUR_S, DAY) == 0


@given(MINUTES, MINUTES, st.integers(0, 24 * 60 - 1), st.integers(0, 5000))
def test_without_a_clock_no_hour_too_many_counts(
    one: int, other: int, begins: int, minutes: int
) -> None:
    """Whatever the time was: at least so much of it was day."""
    day = Daytime(min(one, other), max(one, other))
    truth = counted(MIDNIGHT + timedelta(minutes=begins), minutes * 60.0, day)
    assert day.least_s(minutes * 60.0) <= truth


def test_without_a_clock_it_is_noticed_all_the_same() -> None:
    """Nobody in a week: seven days of fourteen hours, whatever the time is."""
    assert Quiet().longer(7 * DAY_S, None, DAY).hours(DAY) == 7 * 14


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("07:00-21:00", Daytime(420, 1260)),
        ("00:00-24:00", Daytime(0, 1440)),
        ("21:00-07:00", None),
        ("7-21", None),
        ("07:00-24:30", None),
        ("07:00-07:00", None),
    ],
)
def test_daytime_as_it_is_written(text: str, expected: Daytime | None) -> None:
    """Hours of one day; a night is none."""
    assert daytime(text) == expected


def test_a_daytime_that_is_none_is_named() -> None:
    """With its key, its value and what was expected."""
    with pytest.raises(ValueError, match="health") as caught:
        Config.model_validate({"health": {"daytime": "always"}})
    (error,) = caught.value.errors()  # type: ignore[attr-defined]
    told = sentence(Config, error)
    assert "health.daytime = 'always': expected hours of one day" in told
