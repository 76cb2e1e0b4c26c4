"""What the light's guard gives, whatever is wished for."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from appliance.capture.lightrules import (
    FRAMELESS_S,
    HYSTERESIS_C,
    UNKNOWN_PERCENT,
    Heat,
    Wish,
    granted,
    most_percent,
)
from appliance.weekly import parse_span

CELSIUS = some.floats(-60, 150) | some.none()
NIGHT = parse_span("mon-sun 20:00-06:00")
EVENING, NOON = datetime(2026, 11, 21, 21, 0), datetime(2026, 11, 21, 12, 0)  # noqa: DTZ001


def heat_after(temperatures: list[float | None]) -> Heat:
    """After these, one after another."""
    heat = Heat()
    for celsius in temperatures:
        heat = heat.after(celsius)
    return heat


@pytest.mark.parametrize(
    ("celsius", "percent"),
    [(-40, 100), (60, 100), (67.5, 60), (75, 20), (79.9, 20), (80, 0), (200, 0)],
)
def test_the_curve_has_its_corners(celsius: float, percent: int) -> None:
    """All up to 60 °C, a line down to a fifth at 75, nothing from 80 on."""
    assert most_percent(celsius) == percent


@given(some.lists(CELSIUS), some.floats(-60, 150), some.integers(0, 100), some.booleans())
def test_never_more_than_the_temperature_of_now_allows(
    before: list[float | None], celsius: float, wanted: int, can_dim: bool
) -> None:
    """Whatever it was before, and whoever asks."""
    heat = heat_after([*before, celsius])
    given_percent = granted(wanted, heat, 0.0, can_dim=can_dim)
    assert given_percent <= most_percent(celsius)
    assert given_percent <= (wanted if can_dim else 100)


@given(some.lists(some.floats(55, 85) | some.none(), min_size=1), some.integers(1, 100))
def test_more_is_allowed_again_only_after_the_hysteresis(
    before: list[float | None], cooler_tenths: int
) -> None:
    """A temperature that wavers by less changes nothing upwards."""
    heat = heat_after(before)
    if heat.counted is not None and heat.is_known:
        hottest = heat.counted
        wavering = heat.after(hottest - min(cooler_tenths / 10, HYSTERESIS_C))
        assert wavering.percent == heat.percent
        assert heat.after(hottest - HYSTERESIS_C - 1).percent >= heat.percent


def test_what_was_too_hot_comes_back_in_steps() -> None:
    """Dark at 80 °C, a fifth again only below 75, all again only at 55."""
    course = {79.9: 20, 80.0: 0, 75.1: 0, 74.9: 20, 70.1: 20, 65.0: 46, 60.0: 73, 55.0: 100}
    heat = Heat()
    for celsius, percent in course.items():
        heat = heat.after(celsius)
        assert heat.percent == percent, celsius


@given(some.lists(CELSIUS))
def test_an_unknown_temperature_allows_half_and_forgets_no_heat(before: list[float | None]) -> None:
    """Nor does a sensor that fails while it is hot."""
    heat = heat_after(before)
    blind = heat.after(None)
    assert blind.percent == min(heat.percent, UNKNOWN_PERCENT)
    assert heat.after(float("nan")) == heat.after(float("inf")) == blind


@given(
    some.none() | some.floats(FRAMELESS_S, 1e9) | some.floats(-1e9, -1e-9),
    CELSIUS,
    some.integers(0, 100),
    some.booleans(),
)
def test_without_frames_there_is_no_light(
    age_s: float | None, celsius: float | None, wanted: int, can_dim: bool
) -> None:
    """Not even one, or none for ten seconds, or one of the future: dark."""
    assert granted(wanted, Heat().after(celsius), age_s, can_dim=can_dim) == 0


@given(some.lists(CELSIUS), some.integers(0, 100))
def test_what_cannot_be_dimmed_is_lit_only_where_all_is_allowed(
    before: list[float | None], wanted: int
) -> None:
    """It cannot give less; and it is lit wherever it is wished for then."""
    heat = heat_after(before)
    expected = 100 if wanted and heat.percent == 100 else 0
    assert granted(wanted, heat, 0.0, can_dim=False) == expected


@given(some.sampled_from(["auto", "on", "off", "schedule"]), some.booleans(), some.integers(0, 100))
def test_the_switch_keeps_it_dark_in_every_mode(mode: str, dark: bool, percent: int) -> None:
    """A person said so."""
    wish = Wish(mode, percent, [NIGHT], released=False, dark_outside=dark)  # type: ignore[arg-type]
    assert wish.wanted(EVENING) == wish.wanted(None) == 0


@pytest.mark.parametrize(
    ("mode", "dark_outside", "local", "lit"),
    [
        ("auto", True, NOON, True),
        ("auto", False, EVENING, False),
        ("on", False, NOON, True),
        ("off", True, EVENING, False),
        ("schedule", False, EVENING, True),
        ("schedule", True, NOON, False),
        ("schedule", True, None, True),
        ("schedule", False, None, False),
    ],
)
def test_each_mode_has_its_own_say(
    mode: str, dark_outside: bool, local: datetime | None, lit: bool
) -> None:
    """Without a clock that somebody vouches for, daylight stands in for the schedule."""
    wish = Wish(mode, 70, [NIGHT], dark_outside=dark_outside)  # type: ignore[arg-type]
    assert wish.wanted(local) == (70 if lit else 0)
