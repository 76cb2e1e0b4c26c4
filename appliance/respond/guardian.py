"""The process that holds the gate's line and lets it go, whatever becomes of the unit.

    unit --(orders)--> guardian --> line --> relay
         <-(answers)--

The rule to know: the line is active only while this process waits for the earlier of two things,
the end of the pulse and the end of the unit.  The kernel closes the unit's end of the pipe however
the unit dies, SIGKILL and the out-of-memory killer included, so a pulse never outlives it; and an
order that has waited, because one of the two was stopped, is refused: the car may be gone.

What it cannot promise, and only hardware can: when this process is killed as well, in the middle of
a pulse (a power cut resets the pin, but a kernel panic, or SIGKILL of the whole control group, does
not), the line stays as the kernel leaves it (see `gpio`).  So the gate's relay should be a
monostable one (a timer or "pulse" relay, or an impulse input), which ends the pulse by itself.
"""

from __future__ import annotations

import os
import select
import struct
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing

from appliance.custody import LATE_S, READY, keep
from appliance.gpio import GpioLine, Line

ORDER = struct.Struct("dd")
"""One pulse: the monotonic time at which it was asked for, and its length, both in seconds.  A
write of so few bytes is atomic in a pipe, and so is its read."""
ON, OFF, REFUSED = b"1", b"0", b"x"
"""Answers of a byte, beside those of `custody`."""
LONGEST_S = 10.0
"""A pulse is never longer, whoever asks."""


def guard(
    line: Line, orders: int, answers: int, clock: Callable[[], float] = time.monotonic
) -> None:
    """Give the pulses that are ordered, until the unit closes its end or is gone.

    Args:
        line: inactive.
        orders: file descriptor of a pipe, to be read.
        answers: file descriptor of another, to be written.
        clock: the unit's: CLOCK_MONOTONIC is one for all processes.

    Raises:
        BrokenPipeError: the unit is gone.
        LineError: the line cannot be driven.
    """
    hung_up = select.poll()
    hung_up.register(orders, 0)  # with no event wanted, poll tells of POLLHUP alone
    os.write(answers, READY)
    while order := os.read(orders, ORDER.size):
        asked_at, length_s = ORDER.unpack(order)
        if hung_up.poll(0):
            return  # it was killed before this was read: no pulse begins after its death
        if 0 <= clock() - asked_at <= LATE_S and 0 < length_s <= LONGEST_S:
            _pulse(line, answers, hung_up, length_s)
            os.write(answers, OFF)
        else:
            os.write(answers, REFUSED)


def _pulse(line: Line, answers: int, hung_up: select.poll, length_s: float) -> None:
    line.set(True)
    try:
        os.write(answers, ON)
        hung_up.poll(length_s * 1000)
    finally:
        line.set(False)


def main(arguments: Sequence[str]) -> int:
    """`python -m appliance.respond.guardian NUMBER high|low`: orders on stdin, answers on stdout.

    Args:
        arguments: BCM number of the line, and the level at which it is active.

    Returns:
        0, or the exit code of the fault that was told.
    """
    pin, active = arguments

    def hold(orders: int, answers: int) -> None:
        with closing(GpioLine(int(pin), active_low=active == "low")) as line:
            guard(line, orders, answers)

    return keep(hold)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
