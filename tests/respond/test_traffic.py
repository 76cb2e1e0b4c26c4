"""Counts by the hour: local hours, none of them twice, and no rare region named."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.respond.traffic import FEW, OTHER, UNKNOWN, folded, hour_of
from appliance.tally import Count, Hour

HOUR = Hour(1_795_222_800_000, "2026-11-21T01:00+00:00")
COUNTS = st.lists(
    st.builds(
        Count,
        st.sampled_from([HOUR, Hour(HOUR.begins_ms + 3_600_000, "2026-11-21T02:00+00:00")]),
        st.sampled_from(["approaching", "receding", "unknown"]),
        st.sampled_from(["de", "hr", "gb", OTHER, UNKNOWN]),
        st.integers(1, 20),
    )
)


@pytest.mark.parametrize(
    ("utc", "written"),
    [
        ("2026-10-25T00:30", "2026-10-25T02:00+02:00"),
        ("2026-10-25T01:30", "2026-10-25T02:00+01:00"),
        ("2026-03-29T00:59", "2026-03-29T01:00+01:00"),
        ("2026-03-29T01:00", "2026-03-29T03:00+02:00"),
    ],
)
def test_an_hour_that_comes_twice_is_two_hours(utc: str, written: str) -> None:
    """Where clocks are put back or forward, the offset tells them apart."""
    moment = datetime.fromisoformat(utc).replace(tzinfo=timezone.utc)
    hour = hour_of(moment.astimezone(ZoneInfo("Europe/Zagreb")))
    assert hour.written == written
    assert hour.begins_ms == 1000 * round(moment.replace(minute=0).timestamp())


def test_an_hour_is_the_local_one() -> None:
    """In a zone that is half an hour off, it begins half an hour off."""
    moment = datetime(2026, 11, 21, 1, 10, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert hour_of(moment).written == "2026-11-21T01:00+05:30"


def test_a_region_of_few_is_not_named() -> None:
    """From FEW vehicles on it is; one that was not recognized tells nothing about anybody."""
    given_counts = [
        Count(HOUR, "approaching", "hr", FEW),
        Count(HOUR, "approaching", "li", 1),
        Count(HOUR, "approaching", "mc", FEW - 1),
        Count(HOUR, "approaching", UNKNOWN, 1),
    ]
    named = [(count.region, count.vehicles) for count in folded(given_counts)]
    assert named == [("hr", FEW), (OTHER, FEW), (UNKNOWN, 1)]


@settings(deadline=None)
@given(counts=COUNTS)
def test_folding_loses_no_vehicle_and_is_done_once(counts: list[Count]) -> None:
    """Sums by hour and direction stay; nothing rare is left; folding again changes nothing."""
    merged = folded(Count(*key, n) for key, n in _sums(counts, "region").items())
    assert _sums(merged) == _sums(counts)
    assert all(c.vehicles >= FEW or c.region in {OTHER, UNKNOWN} for c in merged)
    assert folded(merged) == merged


def _sums(counts: list[Count], *also: str) -> Counter[tuple[object, ...]]:
    sums: Counter[tuple[object, ...]] = Counter()
    for count in counts:
        more = tuple(getattr(count, name) for name in also)
        sums[(count.hour, count.direction, *more)] += count.vehicles
    return sums
