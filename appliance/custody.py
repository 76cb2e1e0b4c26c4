"""What the processes have in common that hold an output for the unit: the gate's line, the light.

    unit (`ward`) --(orders)--> guardian --> line, LED
                  <-(answers)--

The rule to know: the kernel closes the unit's end of the pipe however the unit dies, SIGKILL and
the out-of-memory killer included, so a guardian, which waits for nothing but orders and
deadlines, outlives its unit by a moment only, and lets go of what it holds.  It is a second Python
beside the unit, so it imports as little as possible.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from appliance.errors import GatepostError

READY, FAULT = b"r", b"!"
"""Answers of a byte: it has the output, at rest; it has not, or no more, and text follows."""
LATE_S = 0.5
"""An order older than this is not carried out: one of the two was stopped meanwhile."""
TO_ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGABRT)
"""What a terminal, or systemd with its watchdog, sends to all processes of a unit at once."""


def keep(hold: Callable[[int, int], None]) -> int:
    """Serve the unit at the other ends of stdin and stdout, until it closes them or is gone.

    Args:
        hold: takes the output and serves, on two file descriptors: orders, and answers.

    Returns:
        0, or the exit code of the fault that was told.
    """
    # who stops the unit closes the pipe
    for number in TO_ALL:
        signal.signal(number, signal.SIG_IGN)
    answers = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library that prints must not answer
    try:
        hold(sys.stdin.fileno(), answers)
    except BrokenPipeError:
        return 0
    except GatepostError as fault:
        os.write(answers, FAULT + str(fault).encode())
        return fault.exit_code
    return 0
