"""The part of RPi.GPIO 0.7.1 that a line needs, with pins of nothing.

It follows the source of 0.7.1 (source/py_gpio.c): the order of checks, the classes and texts of the
errors, the warnings.  Every change of a pin's drive is a line in the file that STANDIN_PINS names,
written at once so that it survives SIGKILL: monotonic seconds, pin, drive.  Drives are "low",
"high" and, for a pin that cleanup() made an input, "floating".
"""

from __future__ import annotations

import os
import time
import warnings

BOARD, BCM = 10, 11
OUT, IN = 0, 1
LOW, HIGH = 0, 1
PUD_OFF = 20
VERSION = "0.7.1"

_PINS = 54
_mode: int | None = None
_warnings = True
_outputs: dict[int, int] = {}
_driven = set(os.environ.get("STANDIN_DRIVEN", "").split())  # by a process before this one


def setmode(mode: int) -> None:
    """Choose the numbering; only once."""
    global _mode  # noqa: PLW0603  # as the original is
    if _mode is not None and mode != _mode:
        raise ValueError("A different mode has already been set!")
    if mode not in {BOARD, BCM}:
        raise ValueError("An invalid mode was passed to setmode()")
    _mode = mode


def getmode() -> int | None:
    """The numbering."""
    return _mode


def setwarnings(wanted: bool) -> None:
    """Whether pins in use are warned of."""
    global _warnings  # noqa: PLW0603  # as the original is
    _warnings = bool(wanted)


def setup(channel: int, direction: int, pull_up_down: int = PUD_OFF, initial: int = -1) -> None:
    """Make a pin an input or an output; an output with `initial` has that level from the start."""
    if os.environ.get("STANDIN_FAULT"):
        raise RuntimeError(os.environ["STANDIN_FAULT"])
    if direction not in {IN, OUT}:
        raise ValueError("An invalid direction was passed to setup()")
    if direction == OUT and pull_up_down != PUD_OFF:
        raise ValueError("pull_up_down parameter is not valid for outputs")
    if direction == IN and initial != -1:
        raise ValueError("initial parameter is not valid for inputs")
    _check(channel)
    if _warnings and channel not in _outputs and str(channel) in _driven:
        warnings.warn("This channel is already in use, continuing anyway.", stacklevel=2)
    if direction == IN:
        _outputs.pop(channel, None)
        _note(channel, "floating")
        return
    _outputs[channel] = LOW  # what the register happens to hold, where nobody says
    _drive(channel, max(initial, LOW))


def output(channel: int, value: int) -> None:
    """Drive a pin that was set up as an output."""
    _check(channel)
    if channel not in _outputs:
        raise RuntimeError("The GPIO channel has not been set up as an OUTPUT")
    _drive(channel, value)


def cleanup(channel: int | None = None) -> None:
    """Make pins inputs without a pull."""
    for each in list(_outputs) if channel is None else [channel]:
        if _outputs.pop(each, None) is not None:
            _note(each, "floating")


def _check(channel: int) -> None:
    if _mode is None:
        raise RuntimeError(
            "Please set pin numbering mode using GPIO.setmode(GPIO.BOARD) or GPIO.setmode(GPIO.BCM)"
        )
    if not 0 <= channel < _PINS:
        raise ValueError("The channel sent is invalid on a Raspberry Pi")


def _drive(channel: int, value: int) -> None:
    _outputs[channel] = HIGH if value else LOW
    _note(channel, "high" if value else "low")


def _note(channel: int, drive: str) -> None:
    path = os.environ.get("STANDIN_PINS")
    if path:
        with open(path, "a", encoding="ascii") as notes:  # noqa: PTH123  # quick to import
            notes.write(f"{time.monotonic()} {channel} {drive}\n")
