"""A request to install: taken, carried out, or told why not, whoever dies on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.errand import BEGUN_S, NO_UPDATER, SILENT, TAKEN_S, Errand
from appliance.update.progress import RUN, Desk, Progress, reporting
from tests.conftest import until

UPDATER = (
    "import sys\n"
    "from appliance.update.progress import desk, reporting\n"
    "with reporting(desk(), desk().take().version) as report:\n"
    "    report.tell('download', 37)\n"
    "    sys.stdin.read()\n"
)


class Clock:
    """Monotonic seconds that pass when they are told to."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self.now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def place(tmp_path: Path) -> Desk:
    """With the unit's run-time folder."""
    (tmp_path / "gatepost").mkdir()
    return Desk(tmp_path)


@pytest.fixture
def clock() -> Clock:
    """At the beginning."""
    return Clock()


@pytest.fixture
def errand(place: Desk, clock: Clock) -> Errand:
    """Of a unit that has just started."""
    return Errand(place, clock)


@pytest.fixture
def start(place: Desk) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts an updater that takes what is asked for and then waits."""
    started: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        environment = os.environ | {RUN: str(place.run)}
        command = [sys.executable, "-c", UPDATER]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, env=environment))
        until(lambda: place.progress() == Progress("download", "1.2.0", 37), "the updater's word")
        return started[-1]

    yield begin
    for each in started:
        each.kill()
        each.communicate()


def carry_out(place: Desk) -> None:
    """What an updater does that has all at once."""
    request = place.take()
    assert request is not None
    with reporting(place, request.version) as report:
        report.tell("waiting")


def test_a_request_is_carried_out(errand: Errand, place: Desk) -> None:
    """Busy from the request to the end, and then without a fault."""
    errand.turn()
    assert not errand.is_busy
    errand.ask("1.2.0", reached=True)
    errand.turn()
    assert errand.is_busy
    carry_out(place)
    errand.turn()
    assert (errand.is_busy, errand.fault) == (False, "")
    assert errand.told == Progress("waiting", "1.2.0")


def test_nobody_takes_it(errand: Errand, place: Desk, clock: Clock) -> None:
    """After a minute the request is taken back: an updater that comes later finds none."""
    errand.ask("1.2.0", reached=True)
    clock.now += TAKEN_S
    errand.turn()
    assert (errand.is_busy, errand.fault) == (True, "")
    clock.now += 1
    errand.turn()
    assert (errand.is_busy, errand.fault) == (False, NO_UPDATER)
    assert place.take() is None
    errand.turn()
    assert errand.fault == NO_UPDATER, "it stays until the next attempt"
    errand.ask("1.2.0", reached=True)
    assert errand.fault == ""


def test_who_takes_it_says_nothing(errand: Errand, place: Desk, clock: Clock) -> None:
    """As one that cannot even be imported."""
    errand.ask("1.2.0", reached=True)
    place.take()
    errand.turn()
    clock.now += BEGUN_S + 1
    errand.turn()
    assert (errand.is_busy, errand.fault) == (False, SILENT)


def test_an_updater_dies_in_the_middle(
    errand: Errand, clock: Clock, start: Callable[[], subprocess.Popen[bytes]]
) -> None:
    """It may take hours; once it is dead the unit says how far it was, and may ask again."""
    errand.ask("1.2.0", reached=True)
    updater = start()
    clock.now += 10 * TAKEN_S
    errand.turn()
    assert (errand.is_busy, errand.is_held, errand.fault) == (True, True, "")
    updater.send_signal(signal.SIGKILL)
    updater.wait()
    errand.turn()
    told = "1.2.0: the updater has ended in the middle (download, 37 %)"
    assert (errand.is_busy, errand.fault) == (False, told)
    errand.ask("1.2.0", reached=True)
    start()
    errand.turn()
    assert (errand.is_busy, errand.fault) == (True, "")


def test_the_same_fault_twice_is_told_twice(errand: Errand, place: Desk) -> None:
    """Not taken for the word of the attempt before."""
    for _ in range(2):
        errand.ask("1.2.0", reached=True)
        request = place.take()
        assert request is not None
        with reporting(place, request.version) as report:
            report.tell("failed", why="space: none is left")
        errand.turn()
        assert (errand.is_busy, errand.fault) == (False, "1.2.0: space: none is left")


def test_whoever_asked_it_is_followed(errand: Errand, place: Desk) -> None:
    """As what a fleet's own server has installed."""
    with reporting(place, "1.2.0") as report:
        report.tell("download", 5)
        errand.turn()
        assert (errand.is_busy, errand.told) == (True, Progress("download", "1.2.0", 5))
        report.tell("waiting")
    errand.turn()
    assert (errand.is_busy, errand.fault) == (False, "")


def test_a_unit_that_starts_anew_goes_on_with_its_request(
    errand: Errand, place: Desk, clock: Clock
) -> None:
    """Else it would lie there for ever where there is no updater."""
    errand.ask("1.2.0", reached=True)
    after = Errand(place, clock)
    assert after.is_busy
    clock.now += TAKEN_S + 1
    after.turn()
    assert (after.is_busy, after.fault) == (False, NO_UPDATER)


def test_a_fault_outlives_the_unit(errand: Errand, place: Desk, clock: Clock) -> None:
    """Whoever asked shall still see what came of it."""
    errand.ask("1.2.0", reached=True)
    request = place.take()
    assert request is not None
    with reporting(place, request.version) as report:
        report.tell("failed", why="hash: another file")
    after = Errand(place, clock)
    after.turn()
    assert after.fault == "1.2.0: hash: another file"


def test_where_nothing_can_be_asked_that_is_told(tmp_path: Path, clock: Clock) -> None:
    """A unit that no systemd has started has no run-time folder."""
    errand = Errand(Desk(tmp_path / "nowhere"), clock)
    with pytest.raises(FileNotFoundError):
        errand.ask("1.2.0", reached=True)
    errand.turn()
    assert not errand.is_busy
