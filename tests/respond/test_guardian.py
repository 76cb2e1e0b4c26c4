"""What the process that holds the line does with its orders, on a line of nothing."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Thread

import pytest

from appliance.custody import LATE_S, READY
from appliance.gpio import FakeLine
from appliance.respond.guardian import OFF, ON, ORDER, REFUSED, guard
from tests.conftest import PATIENCE_S


@dataclass
class Held:
    """A guardian in a thread, between two pipes, with a fake line."""

    line: FakeLine = field(default_factory=lambda: FakeLine(17))
    orders: tuple[int, int] = field(default_factory=os.pipe)
    answers: tuple[int, int] = field(default_factory=os.pipe)

    def __post_init__(self) -> None:
        """Start it."""
        ends = (self.orders[0], self.answers[1])
        self.thread = Thread(target=guard, args=(self.line, *ends), daemon=True)
        self.thread.start()

    def ask(self, length_s: float, age_s: float = 0.0) -> None:
        """Order a pulse, as if `age_s` seconds ago."""
        os.write(self.orders[1], ORDER.pack(time.monotonic() - age_s, length_s))

    def answer(self) -> bytes:
        """Its next answer."""
        return os.read(self.answers[0], 1)

    def leave(self) -> None:
        """Close the unit's end, as the kernel does for a process that has died."""
        os.close(self.orders[1])
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()


@pytest.fixture
def held() -> Iterator[Held]:
    """Ready, the line inactive."""
    guarded = Held()
    assert guarded.answer() == READY
    yield guarded
    if guarded.thread.is_alive():
        guarded.leave()
    for end in (guarded.orders[0], *guarded.answers):
        os.close(end)


def test_a_pulse_ends_by_itself(held: Held) -> None:
    """Nobody need ask for its end, and it is neither shorter nor much longer than ordered."""
    held.ask(0.2)
    assert (held.answer(), held.answer()) == (ON, OFF)
    (_, on), (begin, off), (end, rest) = held.line.history[-3:]
    assert (on, off, rest) == (False, True, False)
    assert 0.2 <= end - begin < 5


def test_a_pulse_ends_when_the_unit_is_gone(held: Held) -> None:
    """At once, not at its deadline."""
    held.ask(10.0)
    assert held.answer() == ON
    held.leave()
    (begin, _), (end, active) = held.line.history[-2:]
    assert not active
    assert end - begin < 5


def test_no_pulse_begins_for_a_unit_that_is_gone() -> None:
    """Although its order lies in the pipe: it was killed just after it asked."""
    orders, answers = os.pipe(), os.pipe()
    os.write(orders[1], ORDER.pack(time.monotonic(), 0.1))
    os.close(orders[1])
    line = FakeLine(17)
    guard(line, orders[0], answers[1])
    assert len(line.history) == 1
    for end in (orders[0], *answers):
        os.close(end)


@pytest.mark.parametrize(
    ("length_s", "age_s"),
    [
        (0.2, LATE_S + 0.1),
        (0.2, 3600.0),
        (0.2, -5.0),
        (0.0, 0.0),
        (-1.0, 0.0),
        (10.01, 0.0),
        (math.inf, 0.0),
        (math.nan, 0.0),
        (0.2, math.nan),
    ],
)
def test_an_order_that_is_late_or_out_of_bounds_is_refused(
    held: Held, length_s: float, age_s: float
) -> None:
    """The guardian does not trust the unit; and it still serves the next order."""
    held.ask(length_s, age_s)
    assert held.answer() == REFUSED
    assert len(held.line.history) == 1
    held.ask(0.01)
    assert held.answer() == ON


def test_a_line_is_let_go_where_an_answer_cannot_be_given() -> None:
    """The unit is gone in the very moment in which the line becomes active."""
    orders, answers = os.pipe(), os.pipe()
    line = FakeLine(17)
    os.write(orders[1], ORDER.pack(time.monotonic(), 10.0))

    class Leaving(FakeLine):
        """When it is made active the reader of the answers is gone."""

        def set(self, active: bool) -> None:
            super().set(active)
            if active:
                os.close(answers[0])

    line = Leaving(17)
    with pytest.raises(BrokenPipeError):
        guard(line, orders[0], answers[1])
    assert [active for _, active in line.history] == [False, True, False]
    for end in (*orders, answers[1]):
        os.close(end)
