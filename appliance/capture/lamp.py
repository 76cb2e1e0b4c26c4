"""One head of the light: the kernel's LED, or a line of the header.  Unverified on hardware.

The rule to know: a head is dark from its first moment and again when it is closed.  Neither is dark
by itself when its process is gone: the kernel keeps an LED as it was last written, and a line as
`gpio` says.  So it is the guardian (`lightguardian`) that holds them, and the unit file writes 0.

A line has no software PWM (`RPi.GPIO.PWM`): a thread that sleeps between two levels has gaps where
the processor is busy, so that exposures of 1/1000 s would be lit unequally, or not at all.  The
overlay's LED has the chip's PWM at 25 kHz, 12 periods in an exposure of 1/2000 s.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from appliance.errors import ConfigurationError, LineError
from appliance.gpio import GpioLine, Line

LEDS = Path("/sys/class/leds")
ALL_PERCENT = 100
NO_LED = (
    "LED {name}: {path} cannot be {what}: {why}; expected Gatepost's overlay in config.txt, and the"
    " right to write there (firmware/udev)"
)


class Lamp(Protocol):
    """A head of the light; dark at first."""

    def set(self, percent: int) -> None:
        """Give so much light, 0 to 100, rounded down; LineError where it cannot be driven."""

    def close(self) -> None:
        """Make it dark and let it go; closing again does nothing."""


class LedLamp:
    """An LED of the kernel: brightness in whole steps, by PWM where its driver can."""

    def __init__(self, folder: Path) -> None:
        """Take it, dark at once; a trigger that it has is taken away by that.

        Args:
            folder: its own below /sys/class/leds.

        Raises:
            ConfigurationError: there is none, or it may not be written.
        """
        self._folder = folder
        self._brightness = folder / "brightness"
        self._is_open = True
        self._most = led_steps(folder)
        try:
            self._write(0)
        except LineError as fault:
            raise ConfigurationError(str(fault)) from fault

    def set(self, percent: int) -> None:
        """Give so much light."""
        if not self._is_open:
            raise LineError(f"LED {self._folder.name}: is closed")
        self._write(percent * self._most // ALL_PERCENT)

    def close(self) -> None:
        """Make it dark, and leave it so."""
        if self._is_open:
            try:
                self._write(0)
            finally:
                self._is_open = False

    def _write(self, steps: int) -> None:
        """One write of a decimal number, as the kernel wants it."""
        try:
            # like a shell's `echo`, but no O_CREAT: no file must come where the LED is missing
            written = os.open(self._brightness, os.O_WRONLY | os.O_TRUNC)
            try:
                os.write(written, b"%d\n" % steps)
            finally:
                os.close(written)
        except OSError as fault:
            raise LineError(_no_led(self._brightness, "written", fault)) from fault


class LineLamp:
    """A head on a line: on or off."""

    def __init__(self, line: Line) -> None:
        """Take a line, inactive."""
        self._line = line

    def set(self, percent: int) -> None:
        """Give all light, or none: less than all is none."""
        self._line.set(percent >= ALL_PERCENT)

    def close(self) -> None:
        """Make it dark, and leave it so."""
        self._line.close()


@dataclass(frozen=True)
class FakeLed:
    """A folder like an LED's own in /sys/class/leds, which outlives every process like that.

    What the kernel makes of what is written into `brightness` is known when it is read here: a
    decimal number (kstrtoul of base 10), at most `max_brightness` (led_set_brightness_nosleep), and
    EINVAL for anything else (drivers/leds/led-class.c, led-core.c of Linux 6.x).

    Attributes:
        folder: made at once, dark.
        steps: `max_brightness`; 1 for an LED that knows on and off only.
    """

    folder: Path
    steps: int = 100
    number: re.Pattern[str] = field(default=re.compile(r"\+?\d+\n?", re.ASCII), init=False)

    def __post_init__(self) -> None:
        """Make the files."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "max_brightness").write_text(f"{self.steps}\n", encoding="ascii")
        (self.folder / "brightness").write_text("0\n", encoding="ascii")

    @property
    def shown(self) -> int:
        """The steps that the LED would show; ValueError where the kernel would have refused.

        A file of nothing is one just before its write, which the kernel does not have.
        """
        deadline = time.monotonic() + 1.0
        while not (text := (self.folder / "brightness").read_text(encoding="ascii")):
            if time.monotonic() > deadline:
                raise ValueError("brightness: nothing stands there")
        if self.number.fullmatch(text) is None:
            raise ValueError(f"brightness = {text!r}: EINVAL")
        return min(int(text), self.steps)

    @property
    def written_at(self) -> float:
        """When it was last written, seconds of CLOCK_REALTIME, to a tick of the kernel's."""
        return (self.folder / "brightness").stat().st_mtime


def led_steps(folder: Path) -> int:
    """How many steps of brightness an LED has; 1: on and off.

    Raises:
        ConfigurationError: there is no such LED.
    """
    path = folder / "max_brightness"
    try:
        return int(path.read_text(encoding="ascii"))
    except OSError as fault:
        raise ConfigurationError(_no_led(path, "read", fault)) from fault
    except ValueError as fault:
        raise ConfigurationError(f"LED {folder.name}: {path}: {fault}") from fault


def spelled(lamp: Path | int, *, active_low: bool = False) -> str:
    """A head as its guardian is told of it: the LED's folder, or the line."""
    if isinstance(lamp, Path):
        return f"led:{lamp}"
    return f"{'low' if active_low else 'high'}:{lamp}"


def lamp_of(spelt: str) -> Lamp:
    """Take the head that is spelled so; dark on return.

    Raises:
        ConfigurationError: there is none, or the library of the lines is not installed.
        LineError: it cannot be had.
    """
    kind, _, where = spelt.partition(":")
    if kind == "led":
        return LedLamp(Path(where))
    return LineLamp(GpioLine(int(where), active_low=kind == "low"))


def _no_led(path: Path, what: str, fault: OSError) -> str:
    name = path.parent.name
    return NO_LED.format(name=name, path=path, what=what, why=fault.strerror)
