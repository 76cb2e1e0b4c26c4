"""What the `gatepost` script runs: Ctrl-C is heard from the first moment.

The rule to know: this module imports nothing heavy.  What a command needs takes up to a second to
import, on a Pi several, and an interrupt within it would end in a traceback of that import.
"""

from __future__ import annotations

import os
import signal
from functools import partial
from types import FrameType

INTERRUPTED = 128 + signal.SIGINT  # what a shell gives a command that Ctrl-C ended


def entry() -> None:
    """Import the commands, carry one out, and end the process."""
    before = signal.signal(signal.SIGINT, _leave)
    from appliance.__main__ import entry as carry_out  # noqa: PLC0415  # it imports the rest

    carry_out(partial(signal.signal, signal.SIGINT, before))


def _leave(_number: int, _frame: FrameType | None) -> None:
    """End at once: nothing has been begun, and a library half imported must not go on."""
    os._exit(INTERRUPTED)
