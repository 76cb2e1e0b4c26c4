"""The part of RPi.GPIO 0.7.1 that a line and a contact need, with pins of nothing.

It follows the source of 0.7.1 (source/py_gpio.c): the order of checks, the classes and texts of the
errors, the warnings.  Every change of a pin's drive is a line in the file that STANDIN_PINS names,
written at once so that it survives SIGKILL: monotonic seconds, pin, drive.  Drives are "low",
"high" and, for an input, "pull-up", "pull-down" or "floating".  `apply` drives one from outside.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable

BOARD, BCM = 10, 11
OUT, IN = 0, 1
LOW, HIGH = 0, 1
PUD_OFF, PUD_DOWN, PUD_UP = 20, 21, 22
RISING, FALLING, BOTH = 31, 32, 33
VERSION = "0.7.1"

_PINS = 54
_mode: int | None = None
_warnings = True
_outputs: dict[int, int] = {}
_inputs: dict[int, int] = {}
_callbacks: dict[int, Callable[[int], object]] = {}
_lost: dict[int, str] = {}
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
    if direction == IN and pull_up_down not in {PUD_OFF, PUD_DOWN, PUD_UP}:
        raise ValueError(
            "Invalid value for pull_up_down - should be either PUD_OFF, PUD_UP or PUD_DOWN"
        )
    _check(channel)
    if _warnings and channel not in _outputs and str(channel) in _driven:
        warnings.warn("This channel is already in use, continuing anyway.", stacklevel=2)
    if direction == IN:
        _outputs.pop(channel, None)
        _inputs[channel] = HIGH if pull_up_down == PUD_UP else LOW
        _note(channel, {PUD_UP: "pull-up", PUD_DOWN: "pull-down"}.get(pull_up_down, "floating"))
        return
    _inputs.pop(channel, None)
    _outputs[channel] = LOW  # what the register happens to hold, where nobody says
    _drive(channel, max(initial, LOW))


def output(channel: int, value: int) -> None:
    """Drive a pin that was set up as an output."""
    _check(channel)
    if channel not in _outputs:
        raise RuntimeError("The GPIO channel has not been set up as an OUTPUT")
    _drive(channel, value)


def input(channel: int) -> int:  # noqa: A001  # its name
    """The level of a pin."""
    _check(channel)
    if channel in _lost:
        raise RuntimeError(_lost[channel])
    if channel not in _inputs and channel not in _outputs:
        raise RuntimeError("You must setup() the GPIO channel first")
    return _inputs[channel] if channel in _inputs else _outputs[channel]


def add_event_detect(
    channel: int, edge: int, callback: Callable[[int], object], bouncetime: int = -666
) -> None:
    """Have `callback` called, on a thread of the library, at each edge of an input."""
    _check(channel)
    if channel not in _inputs:
        raise RuntimeError("You must setup() the GPIO channel as an input first")
    if edge not in {RISING, FALLING, BOTH}:
        raise ValueError("The edge must be set to RISING, FALLING or BOTH")
    if bouncetime <= 0 and bouncetime != -666:
        raise ValueError("Bouncetime must be greater than 0")
    if channel in _callbacks:
        raise RuntimeError("Conflicting edge detection already enabled for this GPIO channel")
    if os.environ.get("STANDIN_NO_EDGES"):
        raise RuntimeError("Failed to add edge detection")
    assert edge == BOTH, "the others are not stood in for"
    _callbacks[channel] = callback


def remove_event_detect(channel: int) -> None:
    """Call nothing any more at its edges."""
    _check(channel)
    _callbacks.pop(channel, None)


def apply(channel: int, value: int) -> None:
    """Not in the original: drive an input from outside; what is called has returned by then."""
    before, _inputs[channel] = _inputs[channel], value
    if before != value:
        edge(channel)


def edge(channel: int) -> None:
    """Not in the original: tell of an edge, whatever the level is by now."""
    from threading import Thread  # noqa: PLC0415  # the guardian's start must be quick

    if channel in _callbacks:
        thread = Thread(target=_call, args=(_callbacks[channel], channel))
        thread.start()
        thread.join()


def lose(channel: int, fault: str) -> None:
    """Not in the original: be unreadable from now on."""
    _lost[channel] = fault


def _call(callback: Callable[[int], object], channel: int) -> None:
    try:
        callback(channel)
    except Exception:  # noqa: BLE001  # as the original, which prints it and goes on
        import traceback  # noqa: PLC0415

        traceback.print_exc()


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
