"""The rules of an output line, held by the fake and by the adapter alike."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import pytest

from appliance.errors import ConfigurationError, LineError
from appliance.gpio import FakeLine, GpioLine, Line, require_library
from tests.standin import FOLDER, Pins

PIN = 17


class Bench(Protocol):
    """A line, and what its pin was made to do."""

    line: Line

    def states(self) -> list[bool]:
        """Active or not, in order, one for each change."""


class FakeBench:
    """The fake and its history."""

    def __init__(self) -> None:
        self.line = FakeLine(PIN)

    def states(self) -> list[bool]:
        """From the history."""
        return [active for _, active in self.line.history]


class PinBench:
    """The adapter and the pin of the stand-in; floating is neither active nor inactive."""

    def __init__(self, pins: Pins, *, active_low: bool) -> None:
        self.line = GpioLine(PIN, active_low=active_low)
        self._pins = pins
        self._meaning = {"low": active_low, "high": not active_low}

    def states(self) -> list[bool]:
        """From the drives of the pin."""
        return [self._meaning[change.drive] for change in self._pins.changes()]


@pytest.fixture
def pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pins]:
    """The stand-in for RPi.GPIO as if it were installed, fresh, and its notes."""
    monkeypatch.syspath_prepend(FOLDER)
    monkeypatch.setenv("STANDIN_PINS", str(tmp_path / "pins"))
    monkeypatch.setenv("LG_WD", str(tmp_path))
    yield Pins(tmp_path / "pins", PIN)
    for name in ("RPi.GPIO", "RPi"):
        sys.modules.pop(name, None)


MAKERS: dict[str, Callable[[Pins], Bench]] = {
    "fake": lambda _: FakeBench(),
    "active high": lambda pins: PinBench(pins, active_low=False),
    "active low": lambda pins: PinBench(pins, active_low=True),
}


@pytest.fixture(params=MAKERS)
def bench(request: pytest.FixtureRequest, pins: Pins) -> Bench:
    """Every line that there is."""
    return MAKERS[request.param](pins)


def test_a_line_is_inactive_from_its_first_moment(bench: Bench) -> None:
    """The very first thing that the pin is driven to: no glitch."""
    assert bench.states() == [False]


def test_a_line_does_what_it_is_told(bench: Bench) -> None:
    """On and off, as often as wanted."""
    for active in (True, False, True, True, False):
        bench.line.set(active)
    assert bench.states() == [False, True, False, True, False]


def test_an_active_line_is_inactive_once_closed(bench: Bench) -> None:
    """Driven inactive: a pin left floating would be neither, and fail here."""
    bench.line.set(True)
    bench.line.close()
    assert bench.states() == [False, True, False]


def test_closing_again_does_nothing(bench: Bench) -> None:
    """Whoever cleans up need not know who did before."""
    bench.line.close()
    bench.line.close()
    assert bench.states() == [False]


@pytest.mark.parametrize("active", [True, False])
def test_a_closed_line_refuses(bench: Bench, active: bool) -> None:
    """It may be somebody else's by now; nothing happens to it."""
    bench.line.close()
    with pytest.raises(LineError, match="line 17: is closed"):
        bench.line.set(active)
    assert bench.states() == [False]


def test_the_history_of_the_fake_has_times() -> None:
    """Of the clock that it was given."""
    now = 5.0
    line = FakeLine(PIN, clock=lambda: now)
    now = 7.5
    line.set(True)
    assert line.history == [(5.0, False), (7.5, True)]


def test_a_pin_left_active_by_a_killed_process_is_taken_over_quietly(
    pins: Pins, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library would warn, and a warning is an error here; it is set inactive all the same."""
    monkeypatch.setenv("STANDIN_DRIVEN", "17")
    GpioLine(PIN)
    assert [change.drive for change in pins.changes()] == ["low"]


def test_a_line_that_cannot_be_had_says_which_and_why(
    pins: Pins, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the library's own words."""
    assert not pins.changes()
    monkeypatch.setenv("STANDIN_FAULT", "No access to /dev/mem.  Try running as root!")
    with pytest.raises(LineError, match="line 17: No access to /dev/mem"):
        GpioLine(PIN)


def test_a_number_that_is_no_pin_is_refused(pins: Pins) -> None:
    """By the library; the configuration refuses it before."""
    with pytest.raises(LineError, match="line 99: The channel sent is invalid"):
        GpioLine(99)
    assert not pins.changes()


@pytest.mark.skipif(find_spec("RPi") is not None, reason="the library is installed here")
@pytest.mark.parametrize("need", [GpioLine, require_library])
def test_without_the_library_its_package_is_named(need: Callable[[int], object]) -> None:
    """A fault of the installation, which no restart mends."""
    with pytest.raises(ConfigurationError, match=r"line 17: .* apt install python3-rpi-lgpio"):
        need(PIN)


def test_a_library_that_is_there_is_enough_for_a_check(pins: Pins) -> None:
    """Nothing is imported, and no pin is touched."""
    require_library(PIN)
    assert "RPi.GPIO" not in sys.modules
    assert not pins.changes()
