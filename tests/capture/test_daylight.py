"""Day, dusk and night, in a closed loop with a camera that obeys late and a light that it sees."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.capture.daylight import DWELL_S, PROBE_S, Daylight, Mode
from appliance.capture.metering import Look
from appliance.capture.plates import PlateLook
from appliance.capture.steering import MOST_GAIN, longest_s
from appliance.exposure import Shot, Tones
from tests.capture.dark_room import Room
from tools.sky import site
from tools.sky.site import Place

SLOW = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
LUX = st.floats(-3, 5).map(lambda power: 10.0**power)
PLACES = st.builds(
    Place,
    lamp_lux=st.sampled_from((0.5, 20.0, 300.0)),
    reading=st.sampled_from((0.3, 1.0, 3.0)),
    tells_lux=st.booleans(),
    most_gain=st.sampled_from((4.0, 8.0, MOST_GAIN)),
    speed_kmh=st.sampled_from((10.0, 30.0, 200.0)),
)


@pytest.mark.parametrize(
    ("lux", "expected"), [(20_000, "day"), (2_000, "day"), (0.3, "night"), (0.0, "night")]
)
def test_any_light_has_its_time_of_day(lux: float, expected: str) -> None:
    """Sun and an overcast noon are day, a moon and nothing are night, after ten minutes."""
    room = Room(lux=lambda _: lux)
    assert room.go(600).time_of_day == expected


def test_night_comes_half_a_minute_after_the_light_has_gone() -> None:
    """Half a minute below eight lux are night, and the light is lit."""
    room = Room(lux=lambda at: 5000.0 if at < 2000 else 0.5)
    list(room.live(1000))
    assert room.daylight.time_of_day == "day"
    assert not room.eye.is_lit
    room.go(26)
    assert room.daylight.time_of_day != "night"
    room.go(10)
    assert room.daylight.time_of_day == "night"
    assert room.eye.is_lit
    assert not room.daylight.settings.filtered
    assert not room.daylight.settings.colour


def test_dusk_comes_between_with_the_filter_out_and_the_light_dark() -> None:
    """Where it darkens slowly the filter goes first, and the light is lit later."""
    room = Room(lux=lambda at: 5000.0 * 0.5 ** ((at - 1000) / 120))
    seen = []
    for _ in room.live(4000):
        wanted = room.daylight.settings
        seen.append((wanted.time_of_day, wanted.filtered, wanted.lit))
        if wanted.lit:
            break
    day, dusk, night = ("day", True, False), ("dusk", False, False), ("night", False, True)
    assert list(dict.fromkeys(seen)) == [day, dusk, night]
    assert seen[-2] == dusk


def test_night_ends_by_a_dark_probe_alone() -> None:
    """In the sun our light is dark within four minutes, and never while a probe was not proven."""
    room = Room(lux=lambda at: 0.5 if at < 2000 else 50_000.0)
    room.go(1000)
    assert room.daylight.time_of_day == "night"
    room.go(200)
    assert room.daylight.time_of_day == "dusk"
    assert "without our light" in room.daylight.why
    room.go(200)
    assert room.daylight.time_of_day == "day"


@pytest.mark.parametrize(("lux", "expected"), [(2_000.0, "night"), (8_000.0, "dusk")])
def test_where_our_light_is_never_dark_only_the_sun_ends_a_night(lux: float, expected: str) -> None:
    """No probe proves anything then; ten times as much light as one would need is the sun."""
    room = Room(lux=lambda _: 0.5)
    room.go(600)
    for number in range(4000):
        wanted = room.daylight.settings
        shot = Shot(wanted.exposure_s, wanted.gain, lux)
        look = Look(2000 + number / 4, 100_000 + 6 * number, 0.5, 0.5, shot, "lit")
        room.daylight.step(look)
        if room.daylight.time_of_day != "night":
            break
    assert room.daylight.time_of_day == expected


def test_a_frame_of_before_the_order_proves_nothing() -> None:
    """A probe waits for a frame that came late enough and was taken as asked for."""
    room = Room(lux=lambda _: 0.5)
    room.go(600)
    machine = room.daylight
    assert any(machine.phase == "probe" for _ in room.live(400))
    asked, begun = machine.settings, int(room.at * site.RATE)
    right = Shot(asked.exposure_s, asked.gain, 5000.0)
    wrong = dataclasses.replace(right, gain=asked.gain * 1.3)
    for shot, number in ((wrong, begun + 40), (right, begun + 2)):
        machine.step(Look(room.at + 1, number, 0.5, 0.5, shot, "dark"))
        assert machine._bright_at is None
    machine.step(Look(room.at + 2, begun + 50, 0.5, 0.5, right, "dark"))
    assert machine._bright_at is not None


def test_our_own_light_is_not_taken_for_the_sun() -> None:
    """A light as bright as day never ends the night, nor makes it probe more."""
    room = Room(place=Place(lamp_lux=3000, street_lux=0), lux=lambda _: 0.2)
    room.go(300)
    probes = 0
    before = "steady"
    for _ in room.live(7200):
        probes += room.daylight.phase == "probe" != before
        before = room.daylight.phase
    assert len(room.changed_at) == 1
    assert probes <= 7200 / PROBE_S + 3


def test_head_lights_do_not_end_a_night() -> None:
    """Cars that come by every twenty seconds with 300 lux leave it night, also in a probe."""
    room = Room(lux=lambda at: 300.0 if at % 20 < 5 else 0.2)
    room.go(7200)
    assert room.daylight.time_of_day == "night"
    assert len(room.changed_at) == 1


def test_head_lights_that_stand_make_few_changes() -> None:
    """A car that stands there for hours changes the time of day twice an hour at most."""
    room = Room(lux=lambda at: 0.2 if at < 2000 else 150.0)
    room.go(1000)
    room.changed_at.clear()
    room.go(4 * 3600)
    assert len(room.changed_at) <= 8


def test_clouds_do_not_make_it_flap() -> None:
    """Ten hours of sun and shadow, twenty to one, change nothing once it is day."""
    room = Room(lux=lambda at: 40_000.0 if at % 240 < 120 else 2_000.0)
    room.go(300)
    assert room.daylight.time_of_day == "day"
    room.changed_at.clear()
    room.go(10 * 3600)
    assert not room.changed_at


@SLOW
@given(PLACES, st.lists(st.tuples(LUX, st.integers(1, 900)), min_size=1, max_size=8))
def test_nothing_changes_twice_within_the_dwell(
    place: Place, spells: list[tuple[float, int]]
) -> None:
    """Whatever the light does: two minutes between changes, lit by night only, bounds kept."""
    room = Room(place=place)
    longest = longest_s(place.speed_kmh)
    for lux, seconds in spells:
        room.lux = lambda _, lux=lux: lux
        for _ in room.live(seconds):
            wanted = room.daylight.settings
            assert wanted.exposure_s <= longest * 1.0001
            assert 1 <= wanted.gain <= MOST_GAIN
            assert not wanted.lit or wanted.time_of_day == "night"
            assert wanted.filtered == wanted.colour == (wanted.time_of_day == "day")
    pairs = zip(room.changed_at, room.changed_at[1:], strict=False)
    assert all(later - earlier >= DWELL_S for earlier, later in pairs)


@SLOW
@given(PLACES, LUX)
def test_steady_light_has_one_time_of_day(place: Place, lux: float) -> None:
    """Under light that stays the same nothing changes any more after half an hour."""
    room = Room(place=place, lux=lambda _: lux)
    room.go(1800)
    room.changed_at.clear()
    room.go(3600)
    assert not room.changed_at


@SLOW
@given(PLACES, st.integers(0, 60), st.integers(0, 600))
def test_full_sun_ends_every_night_soon(place: Place, latency: int, after_s: int) -> None:
    """However late the controls, whatever the sensor can do: dark within six minutes of sun."""
    room = Room(place=place, lux=lambda _: 0.1)
    site_latency, site.LATENCY = site.LATENCY, latency
    try:
        room.go(700 + after_s)
        assert room.daylight.time_of_day == "night"
        room.lux = lambda _: 60_000.0
        assert room.lit_s(1200) <= 360
    finally:
        site.LATENCY = site_latency


def test_who_passes_delays_a_probe_by_a_minute_at_most() -> None:
    """A probe waits while a plate is in sight, but not for ever."""
    machine = Daylight(30.0)
    began = {}
    for busy in (False, True):
        machine = Daylight(30.0)
        for number in range(2400):
            wanted = machine.settings
            shot = Shot(wanted.exposure_s, wanted.gain)
            light = "lit" if wanted.lit else "dark"
            look = Look(number / 4, 6 * number, 0.1, 0.3, shot, light, busy=busy)
            machine.step(look)
            if machine.phase == "probe" and busy not in began:
                began[busy] = look.at
    assert 45 < began[True] - began[False] < 75


@pytest.mark.parametrize("lux", [0.2, 20_000.0])
def test_a_cap_lights_nothing_for_long(lux: float) -> None:
    """Behind a cap our light is lit for a minute an hour at most, by day and night, no flapping."""
    room = Room(lux=lambda _: lux, capped=lambda at: at > 3000)
    room.go(2000)
    room.changed_at.clear()
    first = room.lit_s(600)
    assert room.daylight.is_covered
    assert first <= 60
    assert room.lit_s(4 * 3600) <= 4 * 60
    assert len(room.changed_at) <= 1


@pytest.mark.parametrize(("lux", "expected"), [(0.2, "night"), (20_000.0, "day")])
def test_without_its_cap_the_lens_sees_again(lux: float, expected: str) -> None:
    """Once it is taken off all is as before, within a quarter of an hour; by day all is dark."""
    room = Room(lux=lambda _: lux, capped=lambda at: 3000 < at < 8000)
    room.go(7000)
    assert room.daylight.is_covered
    lit_s = room.lit_s(900)
    assert room.daylight.time_of_day == expected
    assert not room.daylight.is_covered
    assert room.eye.is_lit == (expected == "night")
    assert expected == "night" or lit_s <= 10


def test_a_black_road_is_not_a_covered_lens() -> None:
    """Where our light shows something with all the exposure there is, it stays lit."""
    room = Room(place=Place(lamp_lux=1.5), lux=lambda _: 0.0)
    room.go(300)
    assert room.lit_s(7200) >= 0.98 * 7200


def test_plates_prove_that_the_lens_is_open() -> None:
    """Who reads plates is not blind, however black the picture is."""
    room = Room(capped=lambda _: True)
    for look in room.live(3600):
        if look.at % 5 < 2:
            tones = Tones(0.0, 0.0, 0.5, 0.4)
            room.daylight.note(PlateLook(look.at, tones, 200.0), as_asked=True)
    assert not room.daylight.is_covered


@pytest.mark.parametrize("mode", ["day", "night"])
def test_the_user_has_the_last_word(mode: Mode) -> None:
    """What is asked for holds at once, against any light, and back in auto the light decides."""
    room = Room(lux=lambda _: 20_000.0 if mode == "night" else 0.1)
    room.go(600)
    room.mode = mode
    room.go(1)
    assert room.daylight.time_of_day == mode
    assert room.daylight.settings.lit == (mode == "night")
    room.go(3600)
    assert room.daylight.time_of_day == mode
    assert room.daylight.why == "asked for"
    room.mode = "auto"
    room.go(600)
    assert room.daylight.time_of_day == ("day" if mode == "night" else "night")


def test_a_camera_that_says_nothing_is_judged_by_its_picture() -> None:
    """Without exposure and gain a dark picture is night, a bright one day; nothing is steered."""
    machine = Daylight(30.0)
    for brightness, expected in ((0.03, "night"), (0.5, "dusk"), (0.5, "day")):
        begun = machine._since if machine._since > 0 else 0.0
        for number in range(2400):
            at = begun + 200 + number / 4
            light = "lit" if machine.settings.lit else "dark"
            asked = machine.settings
            machine.step(Look(at, int(at * 25), brightness, 0.3, None, light))
            same = machine.settings.time_of_day == asked.time_of_day
            assert not same or machine.settings.exposure_s == asked.exposure_s
            if machine.time_of_day == expected:
                break
        assert machine.time_of_day == expected
