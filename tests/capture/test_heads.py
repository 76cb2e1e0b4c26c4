"""The heads as the unit has them: a real process over fake LEDs, and the fake, by one contract."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from appliance.capture.heads import FakeHeads, GuardedHeads, Heads
from appliance.capture.lamp import FakeLed, spelled
from appliance.custody import TO_ALL
from appliance.errors import ConfigurationError, LineError
from appliance.ward import ROOT
from tests.conftest import until
from tests.standin import Pins


@dataclass
class Hands:
    """A clock that is set by hand."""

    now: float = 100.0

    def __call__(self) -> float:
        """Monotonic seconds."""
        return self.now


@dataclass
class Bench:
    """Two heads, what they show, and a way to let time go by."""

    heads: Heads
    shows: Callable[[], list[int]]
    wait_dark: Callable[[], None] = field(default=lambda: None)


def of_leds(folder: Path) -> Bench:
    """Two of the kernel's LEDs."""
    leds = [FakeLed(folder / name) for name in ("gatepost:ir:illuminator", "gatepost:ir:second")]
    heads = GuardedHeads([spelled(led.folder) for led in leds])

    def wait() -> None:
        until(lambda: not heads.is_lit(), "the loan ends")

    return Bench(heads, lambda: [led.shown for led in leds], wait)


def of_nothing(_folder: Path) -> Bench:
    """Two of the fake."""
    clock = Hands()
    heads = FakeHeads(2, clock)

    def shows() -> list[int]:
        heads.is_lit()
        return list(heads.history[-1][1])

    def wait() -> None:
        clock.now += 0.4

    return Bench(heads, shows, wait)


@pytest.fixture(params=[of_leds, of_nothing])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """Every kind."""
    made: Bench = request.param(tmp_path)
    yield made
    made.heads.close()


def test_heads_are_dark_at_first_and_when_closed(bench: Bench) -> None:
    """However often they are closed."""
    assert (bench.shows(), bench.heads.is_lit()) == ([0, 0], False)
    bench.heads.give([80, 0], 9.0)
    assert (bench.shows(), bench.heads.is_lit()) == ([80, 0], True)
    bench.heads.close()
    bench.heads.close()
    assert (bench.shows(), bench.heads.is_lit()) == ([0, 0], False)


def test_a_loan_ends_by_itself(bench: Bench) -> None:
    """Within its seconds; and light can be had again."""
    bench.heads.give([80, 20], 0.3)
    assert bench.heads.is_lit()
    bench.wait_dark()
    assert bench.shows() == [0, 0]
    bench.heads.give([10, 20], 9.0)
    assert (bench.shows(), bench.heads.is_lit()) == ([10, 20], True)


def test_no_loan_no_light(bench: Bench) -> None:
    """The time in which a frame had to come is over already."""
    bench.heads.give([80, 20], -0.1)
    assert (bench.shows(), bench.heads.is_lit(), bench.heads.fault()) == ([0, 0], False, "")


def test_closed_heads_stay_dark(bench: Bench) -> None:
    """A loop that is slow to stop may still ask; the fault says why."""
    bench.heads.close()
    bench.heads.give([80, 20], 9.0)
    assert (bench.shows(), bench.heads.is_lit()) == ([0, 0], False)
    assert bench.heads.fault() == "closed"


@pytest.fixture
def led(tmp_path: Path) -> FakeLed:
    """One of the kernel's."""
    return FakeLed(tmp_path / "gatepost:ir:illuminator")


@pytest.fixture
def heads(led: FakeLed) -> Iterator[GuardedHeads]:
    """Over it."""
    guarded = GuardedHeads([spelled(led.folder)])
    yield guarded
    guarded.close()


def test_a_guardian_that_was_killed_is_told(heads: GuardedHeads, led: FakeLed) -> None:
    """The LED stays as it was, like the kernel's."""
    heads.give([70], 9.0)
    os.kill(heads.pid, signal.SIGKILL)
    until(heads.fault, "the death is noticed")
    assert "the process that holds it has ended (code -9)" in heads.fault()
    assert led.shown == 70


def test_a_guardian_that_hangs_is_told(heads: GuardedHeads) -> None:
    """It does not answer the next order; the order has waited too long to be carried out later."""
    heads.give([70], 9.0)
    os.kill(heads.pid, signal.SIGSTOP)
    heads.give([70], 9.0)
    assert heads.fault() == "the process that holds it does not answer"


@pytest.mark.parametrize("number", TO_ALL)
def test_a_signal_to_all_processes_leaves_the_guardian_to_its_unit(
    heads: GuardedHeads, led: FakeLed, number: signal.Signals
) -> None:
    """The unit may still need light while it stops; it closes in the end."""
    os.kill(heads.pid, number)
    heads.give([70], 9.0)
    assert (led.shown, heads.fault()) == (70, "")
    heads.close()
    assert led.shown == 0


def test_an_led_that_goes_away_is_told_with_its_name(heads: GuardedHeads, led: FakeLed) -> None:
    """In the words of the other process."""
    led.folder.rename(led.folder.with_name("gone"))
    heads.give([70], 9.0)
    assert heads.fault().startswith("LED gatepost:ir:illuminator: ")


def test_a_head_that_is_not_there_ends_the_start(tmp_path: Path, led: FakeLed) -> None:
    """The other one is dark again; no restart would help."""
    (led.folder / "brightness").write_text("90\n")
    with pytest.raises(ConfigurationError, match=r"light: LED nobody: .*Gatepost's overlay"):
        GuardedHeads([spelled(led.folder), spelled(tmp_path / "nobody")])
    assert led.shown == 0


def test_a_line_that_cannot_be_had_ends_the_start(
    led: FakeLed, pins: Pins, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the library's words."""
    monkeypatch.setenv("STANDIN_FAULT", "GPIO busy")
    with pytest.raises(LineError, match="light: line 17: GPIO busy"):
        GuardedHeads([spelled(led.folder), spelled(pins.number)])
    assert led.shown == 0


def test_a_line_is_lit_by_all_of_a_loan_and_by_nothing_less(pins: Pins) -> None:
    """On the pin itself."""
    heads = GuardedHeads([spelled(pins.number)])
    for percent in (99, 100, 0):
        heads.give([percent], 9.0)
    heads.close()
    assert [change.drive for change in pins.changes()] == ["low", "high", "low"]


def test_the_guardian_is_small() -> None:
    """It runs beside the unit for ever: nothing heavy may creep into what it imports."""
    told = "import sys, appliance.capture.lightguardian; print(*sys.modules)"
    command = [sys.executable, "-c", told]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"numpy", "cv2", "pydantic", "subprocess", "asyncio"} & set(ran.stdout.split())
