"""What the process that holds the heads does with its orders, on lamps of nothing."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Thread

import pytest

from appliance.capture.lamp import LineLamp
from appliance.capture.lightguardian import (
    DARK,
    LAPSED,
    LIT,
    LONGEST_S,
    REFUSED,
    guard,
    order_form,
)
from appliance.custody import LATE_S, READY
from appliance.errors import LineError
from appliance.gpio import FakeLine
from tests.conftest import PATIENCE_S

SLOW_S = 5.0  # a busy machine


@dataclass
class Held:
    """A guardian of two heads in a thread, between two pipes."""

    lines: tuple[FakeLine, FakeLine] = field(default_factory=lambda: (FakeLine(12), FakeLine(13)))
    orders: tuple[int, int] = field(default_factory=os.pipe)
    answers: tuple[int, int] = field(default_factory=os.pipe)

    def __post_init__(self) -> None:
        """Start it."""
        ends = (self.orders[0], self.answers[1])
        lamps = [LineLamp(line) for line in self.lines]
        self.thread = Thread(target=guard, args=(lamps, *ends), daemon=True)
        self.thread.start()

    def ask(
        self, loan_s: float, percents: tuple[int, int] = (100, 100), age_s: float = 0.0
    ) -> None:
        """Order light for `loan_s`, as if `age_s` seconds ago."""
        asked_at = time.monotonic() - age_s
        os.write(self.orders[1], order_form(2).pack(asked_at, asked_at + loan_s, *percents))

    def answer(self) -> bytes:
        """Its next answer."""
        return os.read(self.answers[0], 1)

    def lit(self) -> list[bool]:
        """Of each head, whether it is lit now."""
        return [line.history[-1][1] for line in self.lines]

    def leave(self) -> None:
        """Close the unit's end, as the kernel does for a process that has died."""
        os.close(self.orders[1])
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()


@pytest.fixture
def held() -> Iterator[Held]:
    """Ready, all dark."""
    guarded = Held()
    assert guarded.answer() == READY
    yield guarded
    if guarded.thread.is_alive():
        guarded.leave()
    for end in (guarded.orders[0], *guarded.answers):
        os.close(end)


def test_light_ends_with_its_loan(held: Held) -> None:
    """Nobody need ask for its end, and it is told."""
    held.ask(0.2)
    assert (held.answer(), held.lit()) == (LIT, [True, True])
    assert (held.answer(), held.lit()) == (LAPSED, [False, False])
    (begin, _), (end, _) = held.lines[0].history[-2:]
    assert 0.2 <= end - begin + LATE_S < SLOW_S


def test_a_new_loan_takes_the_place_of_the_old(held: Held) -> None:
    """Longer or shorter, without a gap."""
    held.ask(0.3)
    held.ask(9.0)
    held.ask(9.0)
    assert [held.answer() for _ in range(3)] == [LIT] * 3
    held.ask(0.05)
    assert (held.answer(), held.answer()) == (LIT, LAPSED)
    assert len(held.lines[0].history) == 3


def test_each_head_gets_its_own(held: Held) -> None:
    """One of them may be dark."""
    held.ask(9.0, (0, 100))
    assert (held.answer(), held.lit()) == (LIT, [False, True])
    held.ask(9.0, (0, 0))
    assert (held.answer(), held.lit()) == (DARK, [False, False])


def test_the_unit_gone_all_is_left_at_once(held: Held) -> None:
    """Whoever started the guard closes the lamps, which makes them dark."""
    held.ask(9.0)
    assert held.answer() == LIT
    before = time.monotonic()
    held.leave()
    assert time.monotonic() - before < SLOW_S


def test_nothing_is_lit_for_a_unit_that_is_gone() -> None:
    """Although its order lies in the pipe: it was killed just after it asked."""
    orders, answers = os.pipe(), os.pipe()
    now = time.monotonic()
    os.write(orders[1], order_form(1).pack(now, now + 5, 100))
    os.close(orders[1])
    line = FakeLine(13)
    guard([LineLamp(line)], orders[0], answers[1])
    assert len(line.history) == 1
    for end in (orders[0], *answers):
        os.close(end)


@pytest.mark.parametrize(
    ("loan_s", "age_s", "percent"),
    [
        (5.0, LATE_S + 0.1, 100),
        (5.0, -5.0, 100),
        (0.0, 0.0, 100),
        (-1.0, 0.0, 100),
        (LONGEST_S + 0.01, 0.0, 100),
        (math.inf, 0.0, 100),
        (math.nan, 0.0, 100),
        (5.0, math.nan, 100),
        (5.0, 0.0, 101),
        (5.0, 0.0, 255),
    ],
)
def test_an_order_out_of_bounds_makes_dark(
    held: Held, loan_s: float, age_s: float, percent: int
) -> None:
    """The guardian does not trust the unit; and it still serves the next order."""
    held.ask(9.0)
    assert held.answer() == LIT
    held.ask(loan_s, (percent, 0), age_s)
    assert (held.answer(), held.lit()) == (REFUSED, [False, False])
    held.ask(9.0)
    assert held.answer() == LIT


def test_darkness_is_never_refused_for_its_loan(held: Held) -> None:
    """It needs none."""
    held.ask(9.0)
    held.ask(-3.0, (0, 0))
    assert (held.answer(), held.answer(), held.lit()) == (LIT, DARK, [False, False])


def test_a_lamp_that_fails_ends_the_guard() -> None:
    """Whoever started it tells of it, and closes what can be closed."""
    orders, answers = os.pipe(), os.pipe()
    now = time.monotonic()
    os.write(orders[1], order_form(1).pack(now, now + 5, 100))
    line = FakeLine(13)
    line.close()
    with pytest.raises(LineError, match="line 13: is closed"):
        guard([LineLamp(line)], orders[0], answers[1])
    for end in (*orders, *answers):
        os.close(end)
