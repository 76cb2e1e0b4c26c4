"""The unit's eyes: a Pi's camera that obeys late, a light, a filter, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from threading import Event

import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.camerasection import Camera
from appliance.capture.daylight import Daylight
from appliance.capture.fakepi import fake_library
from appliance.capture.fakesensor import FakeSensor
from appliance.capture.illuminator import FakeIlluminator
from appliance.capture.ircut import FakeFilter
from appliance.capture.metering import LUX
from appliance.capture.pi import PiCamera
from appliance.capture.steering import HIGH, LOW
from appliance.domain import Detection, Frame, Quad, Read, Settled, Sighting
from appliance.exposure import Shot, Tones
from appliance.eyes import ARRIVAL_S, BUSY_S, FRAMELESS_S, Eyes, light_of
from appliance.health import Health
from appliance.lighting import Glow
from appliance.nightmode import NightMode

SIZE = (160, 96)
SUN, NIGHT, OURS = 20_000.0, 0.2, 30.0  # lux
QUAD = Quad(((10, 10), (62, 10), (62, 22), (10, 22)))
READ = Read("AB12CDE", 0.95, (), ())


def road(_: int) -> NDArray[np.uint8]:
    """Something to be seen: bright on the left, dark on the right."""
    return np.tile(np.linspace(250, 30, SIZE[0], dtype=np.uint8)[:, None], (SIZE[1], 1, 3))


def sighting(frame: Frame, tones: Tones) -> Sighting:
    """A plate in it."""
    return Sighting(frame.number, frame.at, Detection(QUAD, 0.9), READ, tones=tones)


class Lane:
    """A Pi's camera, one frame in three tenths of a second, and the eyes behind it.

    Args:
        lux: of the scene without our light, by the second.
        broken: by the number of a frame, as FakeSensor has it.
        deaf: controls that the sensor does not follow.
    """

    def __init__(
        self,
        lux: Callable[[float], float],
        broken: dict[int, str] | None = None,
        deaf: tuple[str, ...] = (),
    ) -> None:
        self.light, self.lux = FakeIlluminator(), lux
        seen = FakeSensor(
            road, SIZE, light=self.brightness, passing=6, broken=broken or {}, deaf=deaf
        )
        self.sensor, self.begun_ns = seen, seen.now_ns
        config = Camera.model_validate({"kind": "pi", "speed_kmh": 30.0})
        self.camera = PiCamera(config, library=fake_library(seen), clocks=seen.clocks)
        self.ircut, self.health = FakeFilter(self.clock), Health()
        self.eyes = Eyes(
            Daylight(30.0),
            self.health,
            Event(),
            adjust=self.camera.adjust,
            light=self.light,
            ircut=self.ircut,
            clock=self.clock,
        )
        self.tones: Tones | None = None  # of a plate that is always in sight
        self.frames = self.camera.frames()

    def clock(self) -> float:
        """Monotonic seconds."""
        return self.sensor.now_ns / 1e9

    @property
    def at(self) -> float:
        """Seconds since the beginning."""
        return (self.sensor.now_ns - self.begun_ns) / 1e9

    def brightness(self, _: int) -> float:
        """1 for 400 lux, as the fake has it; ours is blocked by the filter."""
        is_filtered = bool(self.ircut.history) and self.ircut.history[-1][1]
        ours = OURS if self.light.is_lit and not is_filtered else 0.0
        scene = self.lux(self.at)
        return (scene + ours) / 400 if scene >= 0 else 0.0

    def live(self, seconds: float) -> Iterator[Frame]:
        """Frames, each after the eyes have seen it."""
        until = self.at + seconds
        while self.at < until:
            frame = next(self.frames)
            plates = [sighting(frame, self.tones)] if self.tones is not None else []
            self.eyes.see(frame, plates)
            self.eyes.turn()
            yield frame

    def go(self, seconds: float) -> Daylight:
        """The machine after so long."""
        for _ in self.live(seconds):
            pass
        return self.eyes.daylight

    def lit_s(self, seconds: float) -> float:
        """For how long of so much our light was lit."""
        lit, before = 0.0, self.at
        for _ in self.live(seconds):
            lit += (self.at - before) if self.light.is_lit else 0.0
            before = self.at
        return lit

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong."""
        return self.health.snapshot().problems


def test_day_night_day() -> None:
    """The filter goes and the light comes with the night, and back; each frame is short enough."""
    lane = Lane(lambda at: SUN if at < 400 or at > 1200 else NIGHT)
    assert lane.go(300).time_of_day == "day"
    assert not any(lane.light.history)
    assert lane.go(500).time_of_day == "night"
    assert lane.light.is_lit
    assert not lane.ircut.history[-1][1]
    shot = next(lane.live(1)).shot
    assert shot is not None
    assert shot.exposure_s <= 1 / (11 * 30) * 1.01
    assert lane.lit_s(1000) <= 700
    assert lane.eyes.daylight.time_of_day == "day"
    assert lane.ircut.history[-1][1]
    assert lane.lit_s(900) == 0


@pytest.mark.parametrize("lux", [SUN, 130.0])
def test_a_start_by_day_leaves_the_filter_in_the_way(lux: float) -> None:
    """Where `wiring` has put it: no pulse for nothing, be the first frames ever so dark."""
    lane = Lane(lambda _: lux)
    lane.ircut.put(True)
    for _ in lane.live(600):
        lane.ircut.tend()
    assert lane.eyes.daylight.time_of_day == "day"
    assert [is_in_the_way for _, is_in_the_way in lane.ircut.history] == [True]


def test_a_dark_probe_is_no_darkness_for_others() -> None:
    """The light goes out for it, and what is published does not; the morning is told."""
    lane = Lane(lambda at: NIGHT if at < 1500 else SUN)
    glow = Glow(lane.light, lane.clock)
    assert lane.go(400).time_of_day == "night"
    seen = [(lane.light.is_lit, glow.is_lit) for _ in lane.live(900)]
    assert sum(before[0] and not after[0] for before, after in pairwise(seen)) in {2, 3}
    assert all(shown for _, shown in seen)
    assert lane.go(900).time_of_day == "day"
    assert not glow.is_lit


def test_the_state_tells_why() -> None:
    """What it is taken for, why, and how bright it is, to two digits."""
    lane = Lane(lambda _: 1234.0)
    assert lane.health.snapshot().outside is None
    lane.go(200)
    outside = lane.health.snapshot().outside
    assert outside is not None
    assert (outside.time_of_day, outside.lux) == ("day", 1200.0)
    assert outside.why == "at the start"


def test_a_cap_is_a_problem_and_lights_nothing_for_long() -> None:
    """By day: a few seconds in ten minutes at most, and day again soon after it is off."""
    lane = Lane(lambda at: -1.0 if 300 < at < 3000 else SUN)
    lane.go(300)
    assert lane.lit_s(900) <= 60
    assert any("the lens is covered" in problem for problem in lane.problems)
    assert lane.lit_s(1800) <= 60
    lane.go(600)
    assert lane.eyes.daylight.time_of_day == "day"
    assert not lane.problems
    assert not lane.light.is_lit


def test_broken_frames_change_nothing() -> None:
    """Every second frame is broken in another way: day stays day, the light dark."""
    kinds = ("late", "shape", "empty", "ExposureTime")
    lane = Lane(lambda _: SUN, broken={7 * n: kinds[n % 4] for n in range(1, 4000, 2)})
    assert lane.go(600).time_of_day == "day"
    assert not any(lane.light.history)


@pytest.mark.parametrize(
    "deaf", [("ExposureTime",), ("AnalogueGain",), ("ExposureTime", "AnalogueGain")]
)
def test_a_sensor_that_does_not_obey_has_its_day_and_night(deaf: tuple[str, ...]) -> None:
    """What is not followed is learned, and the sun still ends the night."""
    lane = Lane(lambda at: NIGHT if at < 600 else SUN, deaf=deaf)
    assert lane.go(500).time_of_day == "night"
    assert lane.light.is_lit
    lane.go(900)
    assert lane.eyes.daylight.time_of_day == "day"
    assert lane.lit_s(300) == 0


def test_without_frames_no_light_is_wanted_and_nothing_decided() -> None:
    """A camera that stands still is dark after five seconds; night goes on when it moves again."""
    lane = Lane(lambda _: NIGHT)
    lane.go(400)
    assert lane.light.is_lit
    lane.sensor.now_ns += round((FRAMELESS_S + 1) * 1e9)
    lane.eyes.turn()
    assert not lane.light.is_lit
    assert lane.eyes.daylight.time_of_day == "night"
    lane.go(5)
    assert lane.light.is_lit
    assert lane.eyes.daylight.time_of_day == "night"


def test_plates_that_burn_out_get_less_light() -> None:
    """At night burnt plates shorten the exposure, dark ones bring it back, within the bounds."""
    lane = Lane(lambda _: NIGHT)
    lane.go(300)
    totals = []
    for tones in (Tones(0.6, 0, 1.0, 0.5), Tones(0, 0.5, 0.1, 0.1)):
        lane.tones = tones
        for _ in range(12):
            lane.go(5)
            lane.eyes.passed(Settled(READ, 5, 5, 0, 1, 0, 0, 1, "approaching", QUAD.box, SIZE))
        wanted = lane.eyes.daylight.settings
        totals.append(wanted.exposure_s * wanted.gain)
    assert totals[0] < 0.012 / 8
    assert totals[1] > 0.012
    assert lane.eyes.daylight.steering.total <= lane.eyes.daylight.steering.bounds.most


class Still:
    """Frames by hand, of a camera that says nothing of its exposure or all."""

    def __init__(self, shot: Shot | None = None) -> None:
        self.at, self.number, self.shot = 100.0, 0, shot
        self.light, self.ircut = FakeIlluminator(), FakeFilter(lambda: self.at)
        self.eyes = Eyes(
            Daylight(30.0),
            Health(),
            Event(),
            light=self.light,
            ircut=self.ircut,
            clock=lambda: self.at,
        )

    def show(self, level: int, seconds: float) -> None:
        """A picture of that level for so long."""
        picture = np.full((90, 160, 3), level, np.uint8)
        picture[:, :80] = min(255, 2 * level + 20)
        until = self.at + seconds
        while self.at < until:
            self.at, self.number = self.at + 0.5, self.number + 12
            self.eyes.see(Frame(picture, self.at, self.number, shot=self.shot), ())
            self.eyes.turn()


def test_a_camera_that_cannot_be_adjusted_still_has_its_light_and_filter() -> None:
    """By its pictures alone: dark is night, the light lit and the filter away; bright is day."""
    lane = Still()
    lane.show(4, 120)
    assert lane.light.is_lit
    assert not lane.ircut.history[-1][1]
    lane.show(120, 900)
    assert lane.eyes.daylight.time_of_day == "day"
    assert not lane.light.is_lit
    assert lane.ircut.history[-1][1]


@pytest.mark.parametrize(("shot", "early_s"), [(None, ARRIVAL_S), (Shot(0.003, 1.0), 0.053)])
def test_a_frame_of_before_the_change_is_not_known_to_be_dark(
    shot: Shot | None, early_s: float
) -> None:
    """Only what was exposed wholly after our light went out is believed to be without it."""
    lane = Still(shot)
    lane.show(100, 10)
    lane.light.want(True)
    lane.eyes.turn()
    changed_at = lane.at
    lane.show(100, 0.5)
    glance = lane.eyes._newest
    assert glance is not None
    assert lane.eyes._light_during(replace(glance, at=changed_at + early_s - 0.01)) == "unknown"


def test_a_camera_that_obeys_and_does_not_say_so_is_steered_all_the_same() -> None:
    """As a Jetson's: what was asked for a second ago is taken to hold; the sun is not blinding."""
    lane, asked = Still(), []
    lane.eyes.adjust = asked.append
    for lux, seconds in ((20_000.0, 300), (0.2, 300), (20_000.0, 600)):
        until = lane.at + seconds
        while lane.at < until:
            wanted = asked[-1] if asked else lane.eyes.daylight.settings
            ours = 30.0 if lane.light.is_lit and not wanted.filtered else 0.0
            linear = min(1.0, (lux + ours) * wanted.exposure_s * wanted.gain / LUX)
            lane.show(round(150 * linear ** (1 / 2.2)), 0.5)
        wanted = lane.eyes.daylight.settings
        assert lane.eyes.daylight.time_of_day == ("day" if lux > 1 else "night")
        assert lux < 1 or LOW <= lane.eyes._newest.brightness <= HIGH  # type: ignore[union-attr]
    assert not lane.light.is_lit


def test_who_is_in_sight_is_busy_for_two_seconds() -> None:
    """A plate holds a probe off for as long as its vehicle may be there."""
    lane = Still(Shot(0.003, 1.0))
    frame = Frame(np.zeros((90, 160, 3), np.uint8), lane.at, 1, shot=lane.shot)
    lane.eyes.see(frame, [sighting(frame, Tones(0, 0, 0.5, 0.3))])
    lane.eyes.turn()
    assert lane.eyes._busy_until == frame.at + BUSY_S


def test_the_users_wish_comes_first() -> None:
    """Asked for over MQTT it holds with the next frame."""
    lane = Lane(lambda _: SUN)
    lane.eyes.mode = NightMode("auto")
    lane.go(200)
    lane.eyes.mode.ask(b"night")
    lane.go(1)
    assert lane.light.is_lit


def test_the_loop_leaves_the_light_dark() -> None:
    """Whatever it was, at the end nobody looks any more."""
    lane = Still()
    lane.show(4, 120)
    assert lane.light.is_lit
    lane.eyes.watch(lane.eyes.stopping.set)
    assert not lane.light.is_lit


@pytest.mark.parametrize("size", [(1080, 1920), (480, 640), (5, 7)])
def test_light_of_a_picture(size: tuple[int, int]) -> None:
    """Black is 0 and flat, white 1 and flat, half and half 0.5 and of full spread; any size."""
    black, white = np.zeros((*size, 3), np.uint8), np.full((*size, 3), 255, np.uint8)
    assert light_of(black) == (0.0, 0.0)
    assert light_of(white) == (1.0, 0.0)
    half = black.copy()
    half[:, size[1] // 2 :] = 255
    brightness, spread = light_of(half)
    assert brightness == pytest.approx(0.5, abs=0.08)
    assert spread == 1.0


def test_noise_behind_a_cap_is_flat() -> None:
    """Noise of 12 grey levels, as at the highest gain, is no picture."""
    noise = np.random.default_rng(1).normal(3, 12, (1080, 1920, 3))
    brightness, spread = light_of(np.clip(noise, 0, 255).astype(np.uint8))
    assert spread < 0.025
    assert brightness < 0.08
