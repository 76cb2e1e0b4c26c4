"""A short year of light; the whole one is `tools/daylight`."""

from __future__ import annotations

import pytest

from tools.sky.site import Place
from tools.sky.sky import clear_lux, elevation
from tools.sky.year import Year

DAYS = range(20, 365, 60)
MOST_CHANGES = 14
"""A day that is dark, light and dark again has four."""


@pytest.mark.parametrize(
    "place",
    [
        Place(latitude=50),
        Place(latitude=0, street_lux=0, tells_lux=False, lamp_lux=200),
        Place(latitude=66, most_gain=8, speed_kmh=80, reading=0.4),
    ],
    ids=["town", "equator", "north"],
)
def test_a_year_of_light(place: Place) -> None:
    """Days all over the year: few changes, no lit lamp by day, no night in the sun."""
    tally = Year(place, seed=3).run(DAYS)
    assert max(tally.changes.values()) <= MOST_CHANGES
    assert tally.lit_by_bright_day_s[1] <= 600
    assert tally.blind_s <= 300
    assert tally.dark_s <= 300
    assert tally.capped_lit_s[0] <= 0.02 * tally.capped_lit_s[1] + 60


def test_the_sun_is_where_it_belongs() -> None:
    """Noon at midsummer and midwinter on 50 degrees north, and the twilights of the glossary."""
    assert elevation((172 + 0.5) * 86400, 50) == pytest.approx(63.4, abs=0.5)
    assert elevation((355 + 0.5) * 86400, 50) == pytest.approx(16.6, abs=0.5)
    assert clear_lux(-6) == pytest.approx(3.0)
    assert clear_lux(-30) == pytest.approx(6.5e-4)
    assert clear_lux(60) == pytest.approx(110e3, rel=0.1)
