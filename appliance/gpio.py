"""One output line, through the RPi.GPIO API.  Unverified on hardware.

The rule to know: a line is inactive from its first moment and again when it is closed.  The library
is imported here alone, and only when the configuration names a line.  Its cleanup() is not called:
it makes the pin an input without a pull, and what a floating input does to a relay is chance.
Driven inactive is the safer rest; what the kernel leaves of that once the process is gone differs:

* RPi.GPIO (Pi 4 and older) writes registers: the line stays as it was last driven.
* rpi-lgpio (Pi 5) and Jetson.GPIO hold a file: at the end of the process the kernel takes the line
  back.  Raspberry Pi's kernels leave it as it was driven, unless config.txt has
  `dtparam=strict_gpiod` (raspberrypi/linux PR #6117), which makes it an input; NVIDIA's give it
  back its state from the pin multiplexer (NVIDIA/jetson-gpio issues #110, #117).

So an active line of a process that was killed may stay active: `respond.guardian` is against that.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any, Protocol

from appliance.errors import ConfigurationError, LineError

REFUSED = "line {number}: is closed"
MISSING = (
    "line {number}: the RPi.GPIO API is not installed: apt install python3-rpi-lgpio, on a Jetson"
    " python3-jetson-gpio (with pip: Gatepost's extra [pi] or [jetson])"
)
SCRATCH = "/tmp"  # noqa: S108  # where no service gives a folder; nothing of ours is put there


class Line(Protocol):
    """An output that is either active or inactive; inactive at first."""

    def set(self, active: bool) -> None:
        """Make it active or inactive; LineError where it is closed or cannot be driven."""

    def close(self) -> None:
        """Make it inactive and let it go; closing again does nothing."""


class GpioLine:
    """A pin of the header."""

    def __init__(self, number: int, *, active_low: bool = False) -> None:
        """Take the line, inactive at once.

        Args:
            number: in Broadcom's (BCM) numbering.
            active_low: it is active when the pin is low.

        Raises:
            ConfigurationError: the library is not installed.
            LineError: the line cannot be had.
        """
        self._number = number
        self._active_low = active_low
        self._is_open = True
        try:
            self._gpio = library()
            self._gpio.setmode(self._gpio.BCM)
            # it would warn of a pin that a killed process left as an output, which is what we mend
            self._gpio.setwarnings(False)
            # with `initial` the level is there before the direction: no glitch
            self._gpio.setup(number, self._gpio.OUT, initial=self._level(False))
        except ModuleNotFoundError as fault:
            raise ConfigurationError(MISSING.format(number=number)) from fault
        except (RuntimeError, ValueError, OSError) as fault:
            raise LineError(f"line {number}: {fault}") from fault

    def set(self, active: bool) -> None:
        """Make it active or inactive."""
        if not self._is_open:
            raise LineError(REFUSED.format(number=self._number))
        try:
            self._gpio.output(self._number, self._level(active))
        except (RuntimeError, ValueError, OSError) as fault:
            raise LineError(f"line {self._number}: {fault}") from fault

    def close(self) -> None:
        """Drive it inactive, and leave it so."""
        if self._is_open:
            try:
                self.set(False)
            finally:
                self._is_open = False

    def _level(self, active: bool) -> int:
        level: int = self._gpio.HIGH if active != self._active_low else self._gpio.LOW
        return level


class FakeLine:
    """A line without a pin, which obeys the same rules.

    Attributes:
        history: every change with its time, in order; the first is the rest at the beginning.
    """

    def __init__(self, number: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Take a line of nothing; `clock` gives the times of its history."""
        self._number = number
        self._clock = clock
        self._is_open = True
        self.history: list[tuple[float, bool]] = [(clock(), False)]

    def set(self, active: bool) -> None:
        """Make it active or inactive."""
        if not self._is_open:
            raise LineError(REFUSED.format(number=self._number))
        if active != self.history[-1][1]:
            self.history.append((self._clock(), active))

    def close(self) -> None:
        """Make it inactive, and leave it so."""
        if self._is_open:
            self.set(False)
            self._is_open = False


def require_library(number: int) -> None:
    """Raise ConfigurationError where nothing provides the RPi.GPIO API; nothing is imported."""
    from importlib.util import find_spec  # noqa: PLC0415  # a third of the guardian's start

    if find_spec("RPi") is None:
        raise ConfigurationError(MISSING.format(number=number))


def library() -> Any:  # noqa: ANN401  # a foreign module without types
    """RPi.GPIO, or what provides it; importing it elsewhere than on a board raises RuntimeError."""
    # lgpio makes a pipe in the working folder at import, and fails where that is read-only
    # (joan2937/lg issue #22); LG_WD moves it
    os.environ.setdefault("LG_WD", os.environ.get("RUNTIME_DIRECTORY", SCRATCH))
    from RPi import GPIO  # noqa: PLC0415  # a unit without a line needs no library

    return GPIO
