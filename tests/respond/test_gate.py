"""The gate with its real guardian, over a stand-in for the library of the pins."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from appliance.custody import TO_ALL
from appliance.errors import ConfigurationError, LineError
from appliance.respond import gate as module
from appliance.respond.gate import Gate, Guardian
from appliance.ward import ROOT
from tests.conftest import until
from tests.standin import FOREVER, Pins

PAUSE_S = 5.0


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The time, monotonic seconds."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Of the gate; its guardian has the machine's."""
    return Clock()


@pytest.fixture
def make(pins: Pins, clock: Clock) -> Iterator[Callable[..., Gate]]:
    """Makes a gate that has rested since its start; closed after the test."""
    made: list[Gate] = []

    def gate(pulse_s: float = 0.1, *, active_low: bool = False, dry_run: bool = False) -> Gate:
        start = None if dry_run else partial(Guardian, pins.number, active_low=active_low)
        made.append(Gate(pulse_s, PAUSE_S, start, clock))
        clock.now += PAUSE_S
        return made[-1]

    yield gate
    for each in made:
        each.close()


def at_rest(pins: Pins) -> Callable[[], bool]:
    """Whether the pin is low."""
    return lambda: pins.changes()[-1].drive == "low"


def pid_of(gate: Gate) -> int:
    """The guardian's process."""
    assert gate._guardian is not None
    return gate._guardian.pid


def test_the_line_is_inactive_from_the_start(make: Callable[..., Gate], pins: Pins) -> None:
    """Before anybody asks."""
    make()
    assert [change.drive for change in pins.changes()] == ["low"]


def test_an_active_low_line_rests_high(make: Callable[..., Gate], pins: Pins) -> None:
    """And is pulled low for a pulse."""
    assert make(active_low=True).open("a", fresh=True) == "opened"
    until(lambda: len(pins.changes()) == 3, "the pulse ends")
    assert [change.drive for change in pins.changes()] == ["high", "low", "high"]


def test_a_passage_opens_with_one_bounded_pulse(make: Callable[..., Gate], pins: Pins) -> None:
    """When `open` says so, the line is active; nobody ends the pulse but the guardian."""
    gate = make(0.3)
    assert gate.open("a", fresh=True) == "opened"
    assert len(pins.pulses()) == 1
    until(at_rest(pins), "the pulse ends")
    ((begin, end),) = pins.pulses()
    assert 0.3 <= end - begin < 5
    gate.tend()


def test_the_same_passage_never_opens_twice(
    make: Callable[..., Gate], clock: Clock, pins: Pins
) -> None:
    """However much later it asks."""
    gate = make()
    assert gate.open("a", fresh=True) == "opened"
    clock.now += 100
    assert gate.open("a", fresh=True) == "duplicate"
    until(at_rest(pins), "the pulse ends")
    assert len(pins.pulses()) == 1


@pytest.mark.parametrize(("fresh", "outcome"), [(True, "dry_run"), (False, "not_fresh")])
def test_a_passage_that_was_too_soon_may_ask_once_after_the_pause(
    make: Callable[..., Gate], clock: Clock, *, fresh: bool, outcome: str
) -> None:
    """But not as one that is fresh no more; and that was its answer."""
    gate = make(dry_run=True)
    gate.open("a", fresh=True)
    assert not gate.is_rested()
    for _ in range(2):
        assert gate.open("b", fresh=True) == "too_soon"
    clock.now += 100
    assert gate.is_rested()
    assert gate.open("b", fresh=fresh) == outcome
    clock.now += 100
    assert gate.open("b", fresh=True) == "duplicate"


def test_a_stale_passage_does_not_open_even_when_asked_again_as_fresh(
    make: Callable[..., Gate], pins: Pins
) -> None:
    """The second line of defence behind the policy."""
    gate = make()
    assert gate.open("a", fresh=False) == "not_fresh"
    assert gate.open("a", fresh=True) == "duplicate"
    assert not pins.pulses()


@pytest.mark.parametrize(
    ("after_s", "outcome"), [(0.0, "too_soon"), (5.09, "too_soon"), (5.11, "dry_run")]
)
def test_between_two_pulses_there_is_a_pause(
    make: Callable[..., Gate], clock: Clock, after_s: float, outcome: str
) -> None:
    """From the end of the pulse of 0.1 s to the next beginning."""
    gate = make(dry_run=True)
    gate.open("a", fresh=True)
    clock.now += after_s
    assert gate.open("b", fresh=True) == outcome


def test_the_first_pulse_waits_for_a_pause_too(clock: Clock) -> None:
    """A unit that starts over and over must not open each time."""
    gate = Gate(0.1, PAUSE_S, None, clock)
    clock.now += PAUSE_S - 0.01
    assert gate.open("a", fresh=True) == "too_soon"


def test_a_dry_run_switches_nothing(make: Callable[..., Gate], pins: Pins) -> None:
    """There is no guardian, and so no line, and nothing to tend."""
    gate = make(dry_run=True)
    assert gate.open("a", fresh=True) == "dry_run"
    gate.tend()
    assert not pins.changes()


def test_closing_ends_a_running_pulse(make: Callable[..., Gate], pins: Pins) -> None:
    """On exit the line is inactive, and nothing opens any more."""
    with closing(make(10.0)) as gate:
        gate.open("a", fresh=True)
    ((begin, end),) = pins.pulses()
    assert end - begin < 10.0
    assert pins.changes()[-1].drive == "low"


def test_a_closed_gate_opens_no_more(make: Callable[..., Gate], clock: Clock) -> None:
    """A loop that is slow to stop may still ask."""
    gate = make()
    gate.close()
    clock.now += 100
    assert gate.open("a", fresh=True) == "failed"


def test_a_guardian_that_was_killed_in_a_pulse_is_replaced_and_told(
    make: Callable[..., Gate], pins: Pins
) -> None:
    """Its line stayed active; the next one sets it at rest, and the unit ends."""
    gate = make(10.0)
    gate.open("a", fresh=True)
    os.kill(pid_of(gate), signal.SIGKILL)
    os.waitid(os.P_PID, pid_of(gate), os.WEXITED | os.WNOWAIT)
    assert pins.pulses()[-1][1] == FOREVER
    for _ in ("lane", "keeper"):  # neither hides the cause from the other
        with pytest.raises(LineError, match=r"gate: the process that holds the line has ended"):
            gate.tend()
    assert at_rest(pins)()


def test_a_guardian_that_hangs_in_a_pulse_is_replaced_and_told(
    make: Callable[..., Gate], pins: Pins, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer that should tell of the end does not come."""
    monkeypatch.setattr(module, "SLACK_S", 0.1)
    gate = make()
    gate.open("a", fresh=True)
    os.kill(pid_of(gate), signal.SIGSTOP)

    def is_missed() -> bool:
        try:
            gate.tend()
        except LineError as fault:
            return "the end of a pulse was not told in time" in str(fault)
        return False

    until(is_missed, "the answer is missed")
    assert at_rest(pins)()


def test_a_guardian_that_hangs_before_a_pulse_never_gives_it(
    make: Callable[..., Gate], clock: Clock, pins: Pins
) -> None:
    """When it goes on, the order in its pipe is too old; `tend` kills it anyway."""
    gate = make()
    os.kill(pid_of(gate), signal.SIGSTOP)
    assert gate.open("a", fresh=True) == "failed"
    os.kill(pid_of(gate), signal.SIGCONT)
    clock.now += 100
    assert gate.open("b", fresh=True) == "failed"
    with pytest.raises(LineError, match=r"gate: the process that holds the line does not answer"):
        gate.tend()
    assert not pins.pulses()


@pytest.mark.parametrize("number", TO_ALL)
def test_a_signal_to_all_processes_leaves_the_guardian_to_its_unit(
    make: Callable[..., Gate], pins: Pins, number: signal.Signals
) -> None:
    """A service that stops sends it to both: the pulse ends when the unit lets go, not later."""
    gate = make(0.5)
    os.kill(pid_of(gate), number)
    assert gate.open("a", fresh=True) == "opened"
    gate.tend()
    gate.close()
    assert at_rest(pins)()


def test_a_line_that_cannot_be_had_ends_the_start(
    make: Callable[..., Gate], pins: Pins, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the library's words, from the other process."""
    assert not pins.changes()
    monkeypatch.setenv("STANDIN_FAULT", "GPIO busy")
    with pytest.raises(LineError, match="gate: line 17: GPIO busy"):
        make()


def test_without_the_library_no_restart_helps(
    make: Callable[..., Gate], pins: Pins, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of the configuration, with the extra that is missing."""
    monkeypatch.setenv("PYTHONPATH", "")
    with pytest.raises(ConfigurationError, match=r"gate: line 17: .* Gatepost's extra \[pi\]"):
        make()
    assert not pins.changes()


def test_what_a_library_prints_is_no_answer(
    make: Callable[..., Gate], pins: Pins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Libraries of pins do print: it goes to stderr."""
    wrapped = tmp_path / "RPi"
    wrapped.mkdir()
    (wrapped / "__init__.py").touch()
    original = Path(ROOT, "tests", "standin", "RPi", "GPIO.py").read_text()
    (wrapped / "GPIO.py").write_text(original + "\nprint('1 hello', flush=True)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert make().open("a", fresh=True) == "opened"
    until(at_rest(pins), "the pulse ends")
    assert len(pins.pulses()) == 1


def test_the_guardian_is_small() -> None:
    """It runs beside the unit for ever: nothing heavy may creep into what it imports."""
    told = "import sys, appliance.respond.guardian; print(*sys.modules)"
    command = [sys.executable, "-c", told]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"numpy", "cv2", "pydantic", "subprocess", "asyncio"} & set(ran.stdout.split())
