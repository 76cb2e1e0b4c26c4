"""The light behind its guard: whatever is asked for, in whatever order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from appliance.capture.heads import FakeHeads, GuardedHeads
from appliance.capture.illuminator import (
    LIMITED,
    TURN_S,
    GuardedLight,
    Surroundings,
    Terms,
)
from appliance.capture.lamp import FakeLed, spelled
from appliance.capture.lightguardian import LONGEST_S
from appliance.capture.lightrules import FRAMELESS_S, Wish, most_percent
from appliance.errors import LineError
from appliance.weekly import parse_span

NIGHT = parse_span("mon-sun 20:00-06:00")
EVENING = datetime(2026, 11, 21, 21, 0)  # noqa: DTZ001
STEP_S = 0.25


@dataclass
class Bench:
    """A light of two heads, of which the second knows on and off only, in a world set by hand."""

    wish: Wish = field(default_factory=lambda: Wish("auto", 100))
    now: float = 1000.0
    frame_at: float | None = None
    celsius: float | None = 20.0
    local: datetime | None = None
    told: str | None = None
    made: list[FakeHeads] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start it."""
        terms = Terms(self.wish, (True, False), self.start, self.look, self.tell)
        self.light = GuardedLight(terms, self.clock)

    def clock(self) -> float:
        """Monotonic seconds."""
        return self.now

    def start(self) -> FakeHeads:
        """New heads."""
        self.made.append(FakeHeads(2, self.clock))
        return self.made[-1]

    def look(self) -> Surroundings:
        """What is around."""
        age_s = None if self.frame_at is None else self.now - self.frame_at
        return Surroundings(self.celsius, age_s, self.local)

    def tell(self, problem: str | None) -> None:
        """What is wrong."""
        self.told = problem

    @property
    def gives(self) -> tuple[int, ...]:
        """What the heads give now."""
        self.made[-1].is_lit()
        return self.made[-1].history[-1][1]

    def see(self) -> None:
        """A frame comes, and the lane tends."""
        self.frame_at = self.now
        self.light.tend()

    def live(self, seconds: float, *, frames: bool = True) -> None:
        """Let time go by, with both loops at work, with or without frames."""
        for _ in range(round(seconds / STEP_S)):
            self.now += STEP_S
            if frames:
                self.frame_at = self.now
            self.light.tend()


@pytest.fixture
def bench() -> Bench:
    """Frames come, and daylight wants light."""
    made = Bench()
    made.see()
    made.light.want(True)
    return made


def test_it_is_dark_until_somebody_wants_light() -> None:
    """And until a frame has come."""
    bench = Bench()
    bench.light.want(True)
    assert (bench.gives, bench.light.is_lit) == ((0, 0), False)
    bench.now += TURN_S
    bench.see()
    assert (bench.gives, bench.light.is_lit) == ((100, 100), True)


def test_a_wish_is_followed_at_once(bench: Bench) -> None:
    """It waits for no loop: a probe of the dark takes a few frames only."""
    assert bench.gives == (100, 100)
    bench.light.want(False)
    assert (bench.gives, bench.light.is_lit) == ((0, 0), False)
    bench.light.dim(35)
    bench.light.want(True)
    assert bench.gives == (35, 100)


def test_light_goes_on_while_frames_come(bench: Bench) -> None:
    """Without a gap, for as long as it is wanted."""
    bench.live(3 * FRAMELESS_S)
    assert [percents for _, percents in bench.made[0].history] == [(0, 0), (100, 100)]


def test_without_frames_it_is_dark_in_time(bench: Bench) -> None:
    """Whether the loops still tend it or hang, be it later; and it is lit with the next frame."""
    for tended_s in (FRAMELESS_S, FRAMELESS_S / 2, 0.0):
        seen_at = bench.now
        bench.live(tended_s, frames=False)
        bench.now = seen_at + FRAMELESS_S
        assert (bench.gives, bench.light.is_lit) == ((0, 0), False)
        bench.now += TURN_S
        bench.see()
        assert bench.gives == (100, 100)


@given(
    some.lists(
        some.tuples(
            some.sampled_from(["want", "release", "dim", "tend", "frame"]),
            some.integers(0, 100),
            some.floats(0, 12),
            some.none() | some.floats(-30, 120),
        ),
        max_size=40,
    ),
    some.sampled_from(["auto", "on", "off", "schedule"]),
)
def test_no_wish_passes_the_guard(
    acts: list[tuple[str, int, float, float | None]], mode: str
) -> None:
    """At any moment: nothing without a frame in time, nothing above what the heat allowed."""
    bench = Bench(Wish(mode, 100, [NIGHT]), local=EVENING)  # type: ignore[arg-type]
    allowed = 100
    for what, number, wait_s, celsius in acts:
        bench.now += wait_s
        bench.celsius = celsius
        if what == "frame":
            bench.frame_at = bench.now
        elif what == "want":
            bench.light.want(number > 50)
        elif what == "release":
            bench.light.release(number > 50)
        elif what == "dim":
            bench.light.dim(number)
        bench.now += TURN_S
        bench.light.tend()
        allowed = most_percent(celsius) if celsius is not None else 50
        frame_at = -LONGEST_S if bench.frame_at is None else bench.frame_at
        assert max(bench.gives) <= (allowed if bench.now < frame_at + FRAMELESS_S else 0)
        assert bench.gives[1] in {0, 100}
        assert bench.light.is_lit == any(bench.gives)
    bench.now += LONGEST_S
    assert bench.gives == (0, 0)


@pytest.mark.parametrize("mode", ["on", "schedule"])
def test_a_mode_lights_by_itself(mode: str) -> None:
    """Daylight is not asked, and its frames are enough."""
    bench = Bench(Wish(mode, 60, [NIGHT]), local=EVENING)  # type: ignore[arg-type]
    bench.see()
    assert bench.gives == (60, 100)
    bench.light.release(False)
    assert bench.gives == (0, 0)
    bench.light.release(True)
    assert bench.gives == (60, 100)


@pytest.mark.parametrize(
    ("celsius", "gives"), [(20.0, (100, 100)), (70.0, (46, 0)), (80.0, (0, 0)), (None, (50, 0))]
)
def test_who_is_limited_says_so(
    bench: Bench, celsius: float | None, gives: tuple[int, int]
) -> None:
    """As a problem, in words that do not change with each degree; not where nobody wants light."""
    bench.celsius = celsius
    bench.live(1.0)
    assert bench.gives == gives
    assert bench.told == (None if gives == (100, 100) else LIMITED)
    bench.light.want(False)
    assert bench.told is None


def test_heads_that_are_lost_end_the_unit(bench: Bench) -> None:
    """New ones make them dark at their start; and nothing is lit by them."""
    bench.made[0].lose("gone")
    with pytest.raises(LineError, match="light: gone"):
        bench.light.tend()
    assert len(bench.made) == 2
    bench.light.want(False)
    bench.light.want(True)
    assert (bench.gives, bench.light.is_lit) == ((0, 0), False)


def test_heads_that_are_lost_are_made_dark_once(bench: Bench) -> None:
    """The other loop is told as well, and waits for no start of its own."""
    bench.made[0].lose("gone")
    for _ in range(3):
        with pytest.raises(LineError, match="light: gone"):
            bench.light.tend()
    assert len(bench.made) == 2


def test_a_closed_light_stays_dark(bench: Bench) -> None:
    """A loop that is slow to stop may still ask, and starts nothing anew."""
    bench.light.close()
    bench.light.want(False)
    bench.light.want(True)
    with pytest.raises(LineError, match="light: closed"):
        bench.light.tend()
    assert (bench.gives, bench.light.is_lit) == ((0, 0), False)
    assert len(bench.made) == 1


def test_the_real_heads_do_as_the_fake_ones(tmp_path: Path) -> None:
    """From a wish to the LED."""
    led = FakeLed(tmp_path / "gatepost:ir:illuminator", 255)
    start: Callable[[], GuardedHeads] = lambda: GuardedHeads([spelled(led.folder)])  # noqa: E731
    light = GuardedLight(Terms(Wish("auto", 80), (True,), start, lambda: Surroundings(20.0, 0.0)))
    light.want(True)
    assert (led.shown, light.is_lit) == (204, True)
    light.want(False)
    assert (led.shown, light.is_lit) == (0, False)
    light.want(True)
    light.close()
    assert (led.shown, light.is_lit) == (0, False)


def test_a_wish_is_what_was_asked_for(bench: Bench) -> None:
    """The state says so to whoever asks."""
    bench.light.dim(40)
    bench.light.release(False)
    assert bench.light.wish == replace(bench.wish, dark_outside=True, percent=40, released=False)
