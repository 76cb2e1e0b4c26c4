"""The status LED, for whoever stands under the pole without a laptop.  Unverified on hardware.

The rule to know: it only helps.  A unit without one, or whose LED does not obey, goes on.

It beats (`heartbeat`, the overlay's own) while the system is well, blinks in even seconds when the
settings are at fault, and does nothing without a kernel.  The blinking is the kernel's trigger
`timer` (Documentation/leds/ledtrig-timer: times in ms), which needs no process.
"""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path

HALF_MS = 1000
WELL, FAULTY = "heartbeat", "timer"

log = logging.getLogger(__name__)


def show(led: Path, *, is_faulty: bool) -> None:
    """Let the LED say whether the settings are at fault.

    Args:
        led: its folder below /sys/class/leds.
        is_faulty: else it beats again, where it said so before; what else it shows stays.
    """
    try:
        if is_faulty:
            _write(led / "trigger", FAULTY)
            _write(led / "delay_on", str(HALF_MS))  # these two come with the trigger
            _write(led / "delay_off", str(HALF_MS))
        elif _trigger(led) == FAULTY:
            _write(led / "trigger", WELL)
    except OSError as fault:
        log.info("%s: shows nothing: %s", led, fault.strerror)


def _trigger(led: Path) -> str:
    """The trigger that is chosen: all are listed, this one in brackets."""
    chosen = re.search(r"\[([^\]]+)\]", (led / "trigger").read_text(encoding="ascii"))
    return chosen[1] if chosen else ""


def _write(path: Path, text: str) -> None:
    """One write, and no file where the kernel has none."""
    number = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
    try:
        os.write(number, text.encode("ascii"))
    finally:
        os.close(number)
