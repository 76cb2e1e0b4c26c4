"""The light's promise: dark within stated times, whoever dies and whenever.

Illuminator, heads and guardian are the real ones, over an LED in a folder, which outlives every
process like the kernel's, and a stand-in for the library of the pins.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

import pytest

from appliance.capture.lamp import FakeLed, spelled
from tests.conftest import PATIENCE_S, until
from tests.light_unit import light_for_ever
from tests.standin import Pins
from tests.whole_unit import LED, run_for_ever

ROUNDS, UNITS = 10, 10  # a hundred instants
UNIT_DIES_S = 1.0
"""The unit was killed: dark within."""
GUARDIAN_DIES_S = 5.0
"""The guardian was killed: dark within; a new one must start."""
TICK_S = 0.02  # of the clock by which the kernel dates files


@dataclass
class Doomed:
    """A unit in a process of its own, which is going to be killed."""

    led: FakeLed
    pins: Pins
    frame_age_s: float = 0.0
    steady: bool = False
    guardian: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Start it from a server of forks, which has imported everything."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.light_unit"])
        mine, its = context.Pipe()
        names = ("PYTHONPATH", "STANDIN_PINS", "LG_WD")
        environment = {name: os.environ[name] for name in names}
        heads = [spelled(self.led.folder), spelled(self.pins.number)]
        self.process = context.Process(
            target=light_for_ever,
            args=(heads, self.frame_age_s, environment, its),
            kwargs={"steady": self.steady},
            daemon=True,
        )
        self.process.start()
        its.close()
        self.told = mine

    def lights(self) -> None:
        """Wait for its first light; `guardian` is known then."""
        assert self.told.poll(PATIENCE_S), "the unit does not start"
        self.guardian = int(self.told.recv())
        self.told.close()
        until(self.pins.pulses, "the unit lights its line")
        until(lambda: self.led.shown, "the unit lights its LED")

    def kill(self) -> None:
        """SIGKILL; it is dead on return."""
        self.process.kill()
        self.process.join()

    def has_guardian(self) -> bool:
        """Whether its guardian still runs; a container's first process may leave it a zombie."""
        try:
            stat = Path(f"/proc/{self.guardian}/stat").read_text(encoding="ascii")
        except FileNotFoundError:
            return False
        return stat.rpartition(")")[2].split()[0] != "Z"

    def is_dark(self) -> bool:
        """Both heads."""
        return not self.led.shown and self.pins.changes()[-1].drive == "low"


@pytest.fixture
def start(tmp_path: Path, pins: Pins) -> Iterator[Callable[..., Doomed]]:
    """Starts units, each with an LED and a pin of its own; all are killed after the test."""
    started: list[Doomed] = []

    def doomed(number: int = 13, **how: float) -> Doomed:
        led = FakeLed(tmp_path / f"gatepost:ir:{number}")
        unit = Doomed(led, replace(pins, number=number), **how)  # type: ignore[arg-type]
        started.append(unit)
        return unit

    yield doomed
    for each in started:
        each.kill()


def test_dark_after_sigkill_at_a_hundred_instants(start: Callable[..., Doomed], pins: Pins) -> None:
    """LED and line, within UNIT_DIES_S of the unit's death; and nothing is lit any more."""
    chance = random.Random(20261121)  # noqa: S311  # instants, not secrets
    lit = 0
    for _ in range(ROUNDS):
        pins.path.unlink(missing_ok=True)
        units = [start(number) for number in range(UNITS)]
        for unit in units:
            unit.lights()
        for unit in units:
            Event().wait(chance.uniform(0.0, 0.03))
            lit += bool(unit.led.shown)
            unit.kill()
            dead_at, died_at = time.monotonic(), time.time()
            until(lambda: not unit.has_guardian(), "the guardian ends")  # noqa: B023  # called now
            assert unit.is_dark()
            assert unit.led.written_at <= died_at + UNIT_DIES_S + TICK_S
            assert unit.pins.changes()[-1].at <= dead_at + UNIT_DIES_S
    assert lit > ROUNDS * UNITS / 4, "hardly any was lit when it was killed"


def test_dark_and_the_gate_at_rest_after_a_whole_unit_was_killed(
    tmp_path: Path, pins: Pins
) -> None:
    """As it runs in the field, but for camera and board: within UNIT_DIES_S."""
    chance = random.Random(1)  # noqa: S311  # instants, not secrets
    led = FakeLed(tmp_path / LED)
    context = multiprocessing.get_context("forkserver")
    environment = {name: os.environ[name] for name in ("PYTHONPATH", "STANDIN_PINS", "LG_WD")}
    for _ in range(3):
        arguments = (tmp_path, pins.number, environment)
        unit = context.Process(target=run_for_ever, args=arguments, daemon=True)
        unit.start()
        until(lambda: led.shown, "the unit lights its LED")
        Event().wait(chance.uniform(0.0, 1.0))
        unit.kill()
        until(lambda: not led.shown, "the LED is dark", UNIT_DIES_S)
        unit.join()
        assert pins.changes()[-1].drive == "low"


def test_dark_after_the_guardian_was_killed(start: Callable[..., Doomed]) -> None:
    """It stays lit as it was; the unit has a new one make it dark, and ends."""
    for number in range(10):
        unit = start(number, steady=True)
        unit.lights()
        os.kill(unit.guardian, signal.SIGKILL)
        killed_at, begun = time.time(), time.monotonic()
        unit.process.join(PATIENCE_S)
        assert unit.process.exitcode == 1
        assert unit.is_dark()
        assert unit.led.written_at <= killed_at + GUARDIAN_DIES_S + TICK_S
        assert unit.pins.changes()[-1].at <= begun + GUARDIAN_DIES_S


def test_dark_where_the_unit_hangs(start: Callable[..., Doomed]) -> None:
    """With the time in which a frame had to come, here half a second after the newest order."""
    unit = start(frame_age_s=9.5, steady=True)
    unit.lights()
    assert unit.process.pid is not None
    os.kill(unit.process.pid, signal.SIGSTOP)
    until(unit.is_dark, "the loan ends", UNIT_DIES_S + 0.5)
    assert unit.has_guardian()


def test_dark_where_the_guardian_hangs(start: Callable[..., Doomed]) -> None:
    """It is killed; what it held, the next one makes dark."""
    unit = start(steady=True)
    unit.lights()
    os.kill(unit.guardian, signal.SIGSTOP)
    stopped_at = time.time()
    unit.process.join(PATIENCE_S)
    assert unit.is_dark()
    assert unit.led.written_at <= stopped_at + GUARDIAN_DIES_S + TICK_S
