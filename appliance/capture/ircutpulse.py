"""The process that gives one pulse to the filter's coil, and ends with it.

The rule to know: it looks at nothing but the time, so the coil is without current after LONGEST_S
at most, whatever becomes of the unit; where this process is killed too, the line stays as `gpio`
says.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from contextlib import closing

from appliance.custody import READY, keep
from appliance.gpio import GpioLine, Line

LONGEST_S = 0.2
"""Of a pulse, whoever asks."""


def pulse(pulsed: Line, length_s: float) -> None:
    """Make the line active for `length_s`, LONGEST_S at most."""
    pulsed.set(True)
    try:
        time.sleep(max(0.0, min(length_s, LONGEST_S)))
    finally:
        pulsed.set(False)


def main(arguments: Sequence[str]) -> int:
    """`python -m appliance.capture.ircutpulse PULSED OTHER SECONDS`: both lines are low otherwise.

    Args:
        arguments: BCM numbers of the two lines, and the length of the pulse.

    Returns:
        0, or the exit code of the fault that was told.
    """
    pulsed, other, length_s = arguments

    def hold(_orders: int, answers: int) -> None:
        with closing(GpioLine(int(other))), closing(GpioLine(int(pulsed))) as line:
            os.write(answers, READY)
            pulse(line, float(length_s))

    return keep(hold)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
