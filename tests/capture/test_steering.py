"""Exposure and gain: bounds, steps, and a camera that cannot or will not."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.capture.metering import LUX, Look
from appliance.capture.plates import ENOUGH, LESS, LONELY_S, MORE, SIZES, PlateLook, Plates
from appliance.capture.steering import (
    AIM,
    HIGH,
    LOW,
    MOST_BLUR_PX,
    STUBBORN,
    Bounds,
    Steering,
    blur_px,
    longest_s,
    matches,
    px_per_metre,
)
from appliance.exposure import Settings, Shot, Tones


def asked(exposure_s: float, gain: float, *, lit: bool = False) -> Settings:
    """What was wanted."""
    return Settings("night" if lit else "day", exposure_s, gain, not lit, not lit, lit)


def look(number: int, brightness: float, shot: Shot | None) -> Look:
    """A frame, ten a second."""
    return Look(number / 10, number, brightness, 0.3, shot, "dark")


@given(st.floats(5, 250), st.floats(50, 2000))
def test_no_plate_smears_by_more_than_two_pixels(speed_kmh: float, size: float) -> None:
    """Whatever the speed and however near the plates; never longer than without knowing them."""
    longest = longest_s(speed_kmh, size)
    assert blur_px(longest, speed_kmh, size) <= MOST_BLUR_PX * 1.0001
    assert longest <= longest_s(speed_kmh)


def test_the_rule_is_the_makers() -> None:
    """1/500 s at 45 km/h; two pixels at 30 km/h and 250 px a metre are 2.8 ms."""
    assert longest_s(45) == pytest.approx(1 / 495)
    assert longest_s(30, 250) == pytest.approx(2 / (30 / 3.6 * math.sin(math.radians(20)) * 250))
    assert longest_s(30, 250) == pytest.approx(0.0028, rel=0.01)


@pytest.mark.parametrize(("width", "height", "least"), [(260, 55, 500), (152, 76, 500)])
def test_plates_of_any_shape_count_as_near_enough(
    width: float, height: float, least: float
) -> None:
    """Plates of 0.52 x 0.11 m and 0.305 x 0.152 m at 500 px a metre are never thought far."""
    assert px_per_metre(width, height) >= least * 0.99


@given(st.floats(1e-7, 10), st.floats(1e-4, 1e-2), st.floats(1, 64))
def test_what_is_split_is_what_there_is(total: float, longest: float, most_gain: float) -> None:
    """Exposure times gain is what was wanted, as far as the bounds allow; gain comes last."""
    bounds = Bounds(longest, most_gain=max(1.0, most_gain))
    exposure_s, gain = bounds.split(total)
    assert exposure_s * gain == pytest.approx(bounds.clamp(total))
    assert bounds.shortest_s <= exposure_s <= longest
    assert gain == 1 or exposure_s == longest


@given(st.floats(1.5, 5))
def test_day_comes_to_the_aim_and_stays(power: float) -> None:
    """In any light of day the picture is within its bounds soon, and nothing moves any more."""
    steering = Steering(Bounds(0.003), 0.003)
    changes = []
    for number in range(400):
        settings = asked(*steering.bounds.split(steering.total))
        shot = Shot(settings.exposure_s, settings.gain)
        linear = 10**power * shot.exposure_s * shot.gain / LUX
        brightness = min(1.0, linear) ** (1 / 2.2)
        before = steering.total
        steering.watch(look(number, brightness, shot), settings)
        changes += [number] if steering.total != before else []
    assert LOW <= brightness <= HIGH or steering.total == steering.bounds.most
    assert not changes or max(changes) <= 130
    assert LOW < AIM < HIGH


def test_nothing_is_steered_by_a_frame_of_before() -> None:
    """As long as the frames are not taken as asked for, nothing more is asked."""
    steering = Steering(Bounds(0.003), 0.003)
    old = Shot(0.0005, 1.0)
    for number in range(90):
        steering.watch(look(number, 0.05, old), asked(0.003, 1.0))
    assert steering.total == 0.003


def test_a_sensor_that_cannot_is_learned() -> None:
    """Asked for gain 16 it gives 8 for a hundred frames: then 8 is its most."""
    steering = Steering(Bounds(0.003), 0.048)
    for number in range(STUBBORN + 2):
        settings = asked(*steering.bounds.split(steering.total))
        steering.learn(look(number, 0.1, Shot(0.003, 8.0)), settings)
    assert steering.bounds.most_gain == 8.0
    assert steering.bounds.longest_s == 0.003
    assert steering.total == pytest.approx(0.024)
    assert matches(Shot(0.003, 8.0), asked(*steering.bounds.split(steering.total)))


def test_a_camera_that_does_as_it_likes_is_known() -> None:
    """One whose exposure wanders is unruly after a hundred frames, and teaches nothing."""
    steering = Steering(Bounds(0.003), 0.048)
    for number in range(STUBBORN + 2):
        newest = look(number, 0.1, Shot(0.001 + 1e-6 * number, 3.0))
        steering.learn(newest, asked(0.003, 16.0))
    assert steering.is_unruly(newest)
    assert steering.bounds == steering.free


def seen(burnt: float, bright: float, count: int = ENOUGH) -> Plates:
    """So many alike."""
    plates = Plates()
    for number in range(count):
        plates.note(PlateLook(number / 10, Tones(burnt, 0, bright, 0.3), 250.0), as_asked=True)
    return plates


@pytest.mark.parametrize(
    ("burnt", "bright", "agreement", "factor"),
    [
        (0.5, 0.9, 1.0, LESS),
        (0.5, 0.9, 0.2, LESS),
        (0.0, 0.2, 1.0, MORE),
        (0.0, 0.5, 0.3, MORE),
        (0.0, 0.5, 1.0, 1.0),
        (0.0, 0.8, 0.3, 1.0),
    ],
)
def test_plates_say_less_or_more(
    burnt: float, bright: float, agreement: float, factor: float
) -> None:
    """Burnt out: less; dark, or dim and not read alike: more; else as it is."""
    assert seen(burnt, bright).verdict(agreement) == factor


def test_few_plates_say_nothing_and_none_is_heard_twice() -> None:
    """Seven are too few; after a verdict it needs eight new ones."""
    assert seen(0.5, 0.9, ENOUGH - 1).verdict(1.0) == 1.0
    plates = seen(0.5, 0.9)
    assert plates.verdict(1.0) == LESS
    assert plates.verdict(1.0) == 1.0


def test_without_plates_the_exposure_goes_back_to_where_it_began() -> None:
    """Ten minutes without one, and it is half a stop nearer; never beyond."""
    plates = seen(0.0, 0.5)
    assert plates.drift(LONELY_S / 2, 4.0, 1.0) == 1.0
    assert plates.drift(LONELY_S + 1, 4.0, 1.0) == LESS
    assert plates.drift(LONELY_S + 2, 4.0, 1.0) == 1.0
    assert plates.drift(2 * LONELY_S + 3, 1.0, 1.0) == 1.0


def test_sizes_count_once_there_are_enough() -> None:
    """The upper quartile of sixteen and more; before, nobody knows."""
    assert seen(0, 0.5, SIZES - 1).px_per_metre is None
    assert seen(0, 0.5, SIZES).px_per_metre == 250.0
