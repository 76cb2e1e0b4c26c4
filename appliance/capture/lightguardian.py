"""The process that holds the heads of the light and makes them dark, whatever becomes of the unit.

The rule to know: an order is a loan.  It says until when there may be light, at most LONGEST_S from
when it was asked for; this process makes all dark at that time, at the unit's end, at an order that
it does not understand, and before it ends itself.  So a unit that hangs is dark like one that is
dead, and nobody can have light for longer than the newest loan.

What it cannot promise: where it is killed too (SIGKILL of the whole control group), a kernel LED
stays lit until `ExecStopPost=` of the unit file writes 0, and a line as `gpio` says; where the
kernel stands still, until the watchdog resets the board.
"""

from __future__ import annotations

import os
import select
import struct
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from math import inf

from appliance.capture.lamp import ALL_PERCENT, Lamp, lamp_of
from appliance.custody import LATE_S, READY, keep

LIT, DARK, REFUSED, LAPSED = (bytes([code]) for code in b"10x.")
"""Answers of a byte: three to an order, and the last by itself, when a loan has ended."""
LONGEST_S = 10.0
"""Of a loan, whoever asks."""


def order_form(heads: int) -> struct.Struct:
    """An order: monotonic seconds when it was asked for, and until when, then a percent for each.

    A write of so few bytes is atomic in a pipe, and so is its read.
    """
    return struct.Struct(f"dd{heads}B")


def guard(
    lamps: Sequence[Lamp], orders: int, answers: int, clock: Callable[[], float] = time.monotonic
) -> None:
    """Light as ordered, until the unit closes its end or is gone; who calls closes the lamps.

    Args:
        lamps: dark.
        orders: file descriptor of a pipe, to be read.
        answers: file descriptor of another, to be written.
        clock: the unit's: CLOCK_MONOTONIC is one for all processes.

    Raises:
        BrokenPipeError: the unit is gone.
        LineError: a lamp cannot be driven.
    """
    form, until = order_form(len(lamps)), inf
    heard = select.poll()
    heard.register(orders, select.POLLIN)
    os.write(answers, READY)
    while True:
        told = heard.poll(None if until == inf else max(0.0, until - clock()) * 1000)
        if not told:
            until = _give(lamps, inf, [0] * len(lamps))
            os.write(answers, LAPSED)
            continue
        if told[0][1] & select.POLLHUP:
            return  # killed before its last order was read: nothing is lit after its death
        asked_at, wished, *percents = form.unpack(os.read(orders, form.size))
        is_sound = _is_sound(asked_at, wished, percents, clock())
        until = _give(lamps, wished, percents if is_sound else [0] * len(lamps))
        lit = LIT if until < inf else DARK
        os.write(answers, lit if is_sound else REFUSED)


def _is_sound(asked_at: float, until: float, percents: Sequence[int], now: float) -> bool:
    """Whether an order is of now, within its bounds, and no NaN."""
    is_of_now = 0 <= now - asked_at <= LATE_S
    is_short = now < until <= asked_at + LONGEST_S
    return is_of_now and (is_short or not any(percents)) and max(percents) <= ALL_PERCENT


def _give(lamps: Sequence[Lamp], until: float, percents: Sequence[int]) -> float:
    """Set each lamp; gives until when, for ever where all are dark."""
    for lamp, percent in zip(lamps, percents, strict=True):
        lamp.set(percent)
    return until if any(percents) else inf


def main(arguments: Sequence[str]) -> int:
    """`python -m appliance.capture.lightguardian HEAD...`: orders on stdin, answers on stdout.

    Args:
        arguments: the heads, as `lamp.spelled` writes them.

    Returns:
        0, or the exit code of the fault that was told.
    """

    def hold(orders: int, answers: int) -> None:
        with ExitStack() as held:  # each is made dark, though another cannot be
            lamps = []
            for spelt in arguments:
                lamps.append(lamp_of(spelt))
                held.callback(lamps[-1].close)
            guard(lamps, orders, answers)

    return keep(hold)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
