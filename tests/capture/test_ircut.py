"""The filter in front of the sensor: the real pulse over a stand-in of the pins, and the fake."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import pytest

from appliance.capture import ircut as module
from appliance.capture.ircut import PAUSE_S, FakeFilter, Filter, LatchingFilter, LevelFilter
from appliance.capture.ircutpulse import LONGEST_S, pulse
from appliance.errors import LineError
from appliance.gpio import FakeLine
from appliance.ward import Ward
from tests.conftest import until
from tests.standin import FOREVER, Pins

IN, AWAY = 23, 24
PULSE_S = 0.15


@dataclass
class Clock:
    """A clock that is set by hand; the pulse itself goes by the machine's."""

    now: float = 1000.0

    def __call__(self) -> float:
        """Monotonic seconds."""
        return self.now


class Bench:
    """A filter, and where it was put."""

    filter: Filter
    clock: Clock

    def moves(self) -> list[bool]:
        """Whether into the way, one for each pulse."""
        raise NotImplementedError


class PinBench(Bench):
    """The adapter, and the pins of the stand-in."""

    def __init__(self, pins: Pins) -> None:
        self.clock = Clock()
        self.latch = self.filter = LatchingFilter((IN, AWAY), PULSE_S, self.clock)
        self.lines = {True: replace(pins, number=IN), False: replace(pins, number=AWAY)}

    def moves(self) -> list[bool]:
        """From both lines, once a pulse that runs is over."""
        pulse = self.latch._pulse
        until(lambda: pulse is None or pulse.code is not None, "the pulse ends")
        assert all(end < FOREVER for _, end, _ in self.pulses())
        return [way for _, _, way in self.pulses()]

    def pulses(self) -> list[tuple[float, float, bool]]:
        """Begin, end, and whether into the way, in order of time."""
        touched = [(way, pins) for way, pins in self.lines.items() if pins.changes()]
        return sorted((*each, way) for way, pins in touched for each in pins.pulses())


class FakeBench(Bench):
    """The fake."""

    def __init__(self, _pins: Pins) -> None:
        self.clock = Clock()
        self.fake = self.filter = FakeFilter(self.clock)

    def moves(self) -> list[bool]:
        """From its history."""
        return [way for _, way in self.fake.history]


@pytest.fixture(params=[PinBench, FakeBench])
def bench(request: pytest.FixtureRequest, pins: Pins) -> Iterator[Bench]:
    """Either."""
    made: Bench = request.param(pins)
    yield made
    made.filter.close()


@pytest.mark.parametrize("way", [True, False])
def test_the_first_put_always_pulses(bench: Bench, way: bool) -> None:
    """Nobody knows where it was left; nothing is pulsed before."""
    assert bench.moves() == []
    bench.filter.put(way)
    assert bench.moves() == [way]


def test_what_is_there_already_is_not_pulsed_again(bench: Bench) -> None:
    """However often it is asked for."""
    for _ in range(3):
        bench.filter.put(True)
        assert bench.moves() == [True]
        bench.clock.now += 100
        bench.filter.tend()
    assert bench.moves() == [True]


def test_it_goes_there_and_back(bench: Bench) -> None:
    """One line for each way."""
    for way in (True, False, True):
        bench.filter.put(way)
        assert bench.moves()[-1] == way
        bench.clock.now += 100
    assert bench.moves() == [True, False, True]


def test_what_is_asked_for_within_the_pause_is_done_after_it(bench: Bench) -> None:
    """The last wish only: a coil that is pulsed again and again gets hot."""
    bench.filter.put(True)
    for way in (False, True, False):
        bench.filter.put(way)
        bench.filter.tend()
    assert bench.moves() == [True]
    bench.clock.now += PULSE_S + PAUSE_S
    bench.filter.tend()
    assert bench.moves() == [True, False]


def test_a_closed_filter_is_pulsed_no_more(bench: Bench) -> None:
    """It stays where it is."""
    bench.filter.put(True)
    bench.filter.close()
    bench.filter.close()
    bench.clock.now += 100
    bench.filter.tend()
    assert bench.moves() == [True]


def test_a_pulse_has_its_length_and_both_lines_rest_low(pins: Pins) -> None:
    """Before, beside and after it."""
    bench = PinBench(pins)
    bench.filter.put(True)
    assert bench.moves() == [True]
    ((begin, end, _),) = bench.pulses()
    assert PULSE_S <= end - begin < 5
    assert [change.drive for change in bench.lines[True].changes()] == ["low", "high", "low"]
    assert [change.drive for change in bench.lines[False].changes()] == ["low"]
    bench.filter.close()


@pytest.mark.parametrize("length_s", [LONGEST_S, 60.0, float("inf")])
def test_a_pulse_is_never_longer_whoever_asks(length_s: float) -> None:
    """Its process does not trust the unit."""
    line = FakeLine(IN)
    pulse(line, length_s)
    (begin, _), (end, active) = line.history[-2:]
    assert not active
    assert LONGEST_S <= end - begin < 5


def test_a_line_that_cannot_be_had_is_told(pins: Pins, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the library's words."""
    monkeypatch.setenv("STANDIN_FAULT", "GPIO busy")
    bench = PinBench(pins)
    with pytest.raises(LineError, match=r"light\.filter: line 24: GPIO busy"):
        bench.filter.put(True)


def test_a_pulse_that_was_killed_is_told(pins: Pins) -> None:
    """The line may have stayed high: the unit ends, and its next start pulses again."""
    bench = PinBench(pins)
    bench.filter.put(True)
    assert bench.latch._pulse is not None
    os.kill(bench.latch._pulse.pid, signal.SIGKILL)
    until(lambda: is_told(bench.filter.tend, "code -9"), "the death is told")


def test_a_pulse_that_hangs_is_told(pins: Pins, monkeypatch: pytest.MonkeyPatch) -> None:
    """And killed."""
    monkeypatch.setattr(module, "LATE_S", -PULSE_S - 1.0)
    bench = PinBench(pins)
    bench.filter.put(True)
    assert is_told(bench.filter.tend, "hangs")


def test_a_slow_start_of_the_pulse_is_no_hang(pins: Pins, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may take seconds on a busy board; killed in its pulse it would leave a current."""
    bench, late_s = PinBench(pins), module.LATE_S + 1.0

    class Slow(Ward):
        def __init__(self, name: str, module: str, arguments: Sequence[str]) -> None:
            super().__init__(name, module, arguments)
            bench.clock.now += late_s

    monkeypatch.setattr(module, "Ward", Slow)
    bench.filter.put(True)
    bench.filter.tend()
    assert bench.moves() == [True]
    bench.filter.close()


def is_told(does: Callable[[], None], words: str) -> bool:
    """Whether it raises with these words."""
    try:
        does()
    except LineError as fault:
        return words in str(fault)
    return False


def test_a_filter_with_a_driver_follows_its_line() -> None:
    """Active is away; at rest, and where the unit is gone, it is in the way."""
    line = FakeLine(25)
    with closing(LevelFilter(line)) as ircut:
        for way in (True, False, False, True, False):
            ircut.put(way)
            ircut.tend()
    assert [active for _, active in line.history] == [False, True, False, True, False]
