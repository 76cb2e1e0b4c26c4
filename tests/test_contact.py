"""The rules of a contact, held by the fake and by the adapter alike."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.contact import LEAST_S, MOST_EDGES, Closings, Contact, FakeContact, GpioContact
from appliance.errors import ConfigurationError, LineError
from tests.gate_bench import HandClock
from tests.standin import Pins

PIN = 22


class Bench(Protocol):
    """A contact, and what is done to it."""

    contact: Contact
    clock: HandClock

    def set(self, *, active: bool) -> None:
        """Close it or open it."""

    def lose(self) -> None:
        """Make it unreadable."""


class FakeBench:
    """The fake."""

    def __init__(self, *, active: bool) -> None:
        self.clock = HandClock()
        self.contact = self.fake = FakeContact(PIN, active=active, clock=self.clock)

    def set(self, *, active: bool) -> None:
        """As a test does."""
        self.fake.set(active=active)

    def lose(self) -> None:
        """As a test does."""
        self.fake.lose("no such board")


class PinBench:
    """The adapter and the pin of the stand-in."""

    def __init__(self, board: Any, *, active: bool, active_low: bool) -> None:  # noqa: ANN401
        self.clock = HandClock()
        self._board, self._active_low = board, active_low
        if active:  # it is closed before it is set up
            pulled = board.setup

            def held(*arguments: Any, **options: Any) -> None:  # noqa: ANN401
                pulled(*arguments, **options)
                self.set(active=True)

            board.setup = held
        self.contact = GpioContact(PIN, active_low=active_low, clock=self.clock)

    def set(self, *, active: bool) -> None:
        """From outside."""
        self._board.apply(PIN, int(active != self._active_low))

    def lose(self) -> None:
        """In the library."""
        self._board.lose(PIN, "no such board")


Make = Callable[..., Bench]
MAKERS: dict[str, Callable[[Any, bool], Bench]] = {
    "fake": lambda _, active: FakeBench(active=active),
    "to ground": lambda board, active: PinBench(board, active=active, active_low=True),
    "to 3.3 V": lambda board, active: PinBench(board, active=active, active_low=False),
}


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest, board: Any) -> Make:  # noqa: ANN401
    """Makes every contact that there is, closed at the start or not."""
    return lambda active=False: MAKERS[request.param](board, active)


def close_for(bench: Bench, length_s: float) -> None:
    """A badge is held to its reader."""
    bench.set(active=True)
    bench.clock.now += length_s
    bench.set(active=False)


def test_a_contact_that_was_never_closed_confirms_nothing(make: Make) -> None:
    """However long one waits."""
    bench = make()
    bench.clock.now += 1e6
    assert bench.contact.age_s() is None


def test_a_short_closing_between_two_looks_is_known(make: Make) -> None:
    """Its age counts from its end."""
    bench = make()
    close_for(bench, 0.1)
    bench.clock.now += 7.0
    assert bench.contact.age_s() == pytest.approx(7.0)


def test_a_closed_contact_is_of_now(make: Make) -> None:
    """As long as it is closed."""
    bench = make()
    bench.set(active=True)
    bench.clock.now += 90.0
    assert bench.contact.age_s() == 0.0
    bench.set(active=False)
    bench.clock.now += 3.0
    assert bench.contact.age_s() == pytest.approx(3.0)


def test_a_spark_confirms_nothing(make: Make) -> None:
    """Nor do many."""
    bench = make()
    for _ in range(100):
        close_for(bench, LEAST_S / 2)
        bench.clock.now += LEAST_S
    assert bench.contact.age_s() is None


def test_a_closing_counts_once_it_has_lasted(make: Make) -> None:
    """Bounces at its beginning begin it anew."""
    bench = make()
    close_for(bench, LEAST_S / 2)
    bench.set(active=True)
    bench.clock.now += LEAST_S / 2
    assert bench.contact.age_s() is None
    bench.clock.now += LEAST_S
    assert bench.contact.age_s() == 0.0


def test_the_newest_closing_counts(make: Make) -> None:
    """And a spark after it takes nothing away."""
    bench = make()
    close_for(bench, 1.0)
    bench.clock.now += 50.0
    close_for(bench, 1.0)
    bench.clock.now += 2.0
    close_for(bench, LEAST_S / 2)
    assert bench.contact.age_s() == pytest.approx(2.0 + LEAST_S / 2)


def test_a_contact_that_was_closed_at_the_start_confirms_nothing(make: Make) -> None:
    """It may have been short-circuited for years; once opened and closed again it does."""
    bench = make(active=True)
    bench.clock.now += 60.0
    assert bench.contact.age_s() is None
    bench.set(active=False)
    bench.clock.now += 1.0
    assert bench.contact.age_s() is None
    close_for(bench, 0.5)
    assert bench.contact.age_s() == 0.0


def test_what_is_spent_is_over(make: Make) -> None:
    """Also the closing that goes on: it must end, and another begin."""
    bench = make()
    close_for(bench, 0.5)
    bench.contact.spend()
    assert bench.contact.age_s() is None
    bench.set(active=True)
    bench.clock.now += 1.0
    bench.contact.spend()
    assert bench.contact.age_s() is None
    bench.set(active=False)
    assert bench.contact.age_s() is None
    close_for(bench, 0.5)
    assert bench.contact.age_s() == 0.0


def test_a_lost_contact_confirms_nothing_and_says_so(make: Make) -> None:
    """Even though it was closed just before."""
    bench = make()
    close_for(bench, 0.5)
    bench.contact.tend()
    bench.lose()
    assert bench.contact.age_s() is None
    with pytest.raises(LineError, match="line 22: no such board"):
        bench.contact.tend()


def test_a_contact_let_go_confirms_nothing(make: Make) -> None:
    """Letting go again does nothing."""
    bench = make()
    close_for(bench, 0.5)
    bench.contact.close()
    bench.contact.close()
    close_for(bench, 0.5)
    assert bench.contact.age_s() is None
    with pytest.raises(LineError, match="line 22: is closed"):
        bench.contact.tend()


@given(
    st.lists(st.tuples(st.floats(0, LEAST_S * 3), st.booleans(), st.booleans()), max_size=80),
    st.booleans(),
)
def test_what_confirms_has_lasted_and_is_not_spent(
    steps: list[tuple[float, bool, bool]], active: bool
) -> None:
    """Whatever edges come, doubled, lost or too many of them."""
    clock, longest, began = HandClock(), 0.0, None
    closings = Closings(clock)
    for wait_s, after, spent in steps:
        clock.now += wait_s
        if began is not None:
            longest = max(longest, clock.now - began)
        closings.note(active=after)
        began = clock.now if after else None
        if spent:
            closings.spend()
            longest, began = 0.0, None
    age_s = closings.age_s(active=active)
    assert age_s is None or age_s >= 0
    assert age_s is None or longest >= LEAST_S


def test_a_contact_that_chatters_needs_no_memory() -> None:
    """The newest edges are kept, and what they say holds."""
    clock = HandClock()
    closings = Closings(clock)
    for number in range(1000 * MOST_EDGES):
        closings.note(active=number % 2 == 0)
    assert len(closings._edges) == MOST_EDGES
    assert closings.age_s(active=False) is None
    closings.note(active=True)
    clock.now += 1.0
    closings.note(active=False)
    assert closings.age_s(active=False) == 0.0


@pytest.mark.parametrize(("active_low", "pull"), [(True, "pull-up"), (False, "pull-down")])
def test_it_is_pulled_the_other_way(
    board: Any,  # noqa: ANN401
    tmp_path: Path,
    active_low: bool,
    pull: str,
) -> None:
    """A cable that was cut confirms nothing."""
    contact = GpioContact(PIN, active_low=active_low)
    assert [change.drive for change in Pins(tmp_path / "pins", PIN).changes()] == [pull]
    board.edge(PIN)
    assert contact.age_s() is None


def test_an_edge_of_a_lost_line_is_met_by_whoever_looks(
    board: Any,  # noqa: ANN401
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The library's thread would print a fault and go on."""
    contact = GpioContact(PIN)
    board.lose(PIN, "gone")
    board.edge(PIN)
    assert capsys.readouterr().err == ""
    with pytest.raises(LineError, match="line 22: gone"):
        contact.tend()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("STANDIN_FAULT", "No access to /dev/mem.", "line 22: No access to /dev/mem"),
        ("STANDIN_NO_EDGES", "1", "line 22: Failed to add edge detection"),
    ],
)
def test_a_line_that_cannot_be_had_says_which_and_why(
    board: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    told: str,
) -> None:
    """With the library's own words."""
    assert board.VERSION == "0.7.1"
    monkeypatch.setenv(name, value)
    with pytest.raises(LineError, match=told):
        GpioContact(PIN)


def test_a_library_that_cannot_read_after_edges_is_met_at_the_start(board: Any) -> None:  # noqa: ANN401
    """Such as Jetson.GPIO 2.1.13, which closes the handle by which it reads."""
    board.lose(PIN, "Bad file descriptor")
    with pytest.raises(LineError, match="line 22: Bad file descriptor"):
        GpioContact(PIN)


@pytest.mark.skipif(find_spec("RPi") is not None, reason="the library is installed here")
def test_without_the_library_the_extra_is_named() -> None:
    """A fault of the installation, which no restart mends."""
    with pytest.raises(ConfigurationError, match=r"line 22: .* Gatepost's extra \[pi\]"):
        GpioContact(PIN)
