"""What the kernel says of the machine: heat, slowing down, its name, the trust in its clock.

The rule to know: all but the clock's error is read from files below one folder, so that a folder of
a test's own stands in for a board; what the kernel does not tell is None, never a guess.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from appliance.domain import Clock
from appliance.timex import most_error_s

# systemd-timesyncd touches it after the first answer of a server since the machine started
SYNCHRONIZED = "run/systemd/timesync/synchronized"
SYNCHRONIZED_S = 16.0
"""Seconds; a clock that a time daemon keeps is off by less (the kernel's NTP_PHASE_LIMIT, systemd's
ntp_synced()).  Not STA_UNSYNC, which chronyd leaves set without `rtcsync`."""
THERMAL = "sys/class/thermal"
FIRMWARE = "sys/devices/platform/soc*/*firmware/get_throttled"
"""Of the Raspberry Pi's kernel: the bits of `vcgencmd get_throttled`, hexadecimal."""
MODEL = "sys/firmware/devicetree/base/model"
BITS = {0: "under-voltage", 1: "frequency capped", 2: "throttled", 3: "soft temperature limit"}
"""Those of now; 16 and above say that it was so since the start (Raspberry Pi documentation)."""

RTC = "sys/class/rtc"
RTC_AGREES_S = 60.0
"""Seconds between an RTC and the system's clock within which the one can have set the other.  One
that lost its battery begins in the past, and systemd moves only the system's clock on."""


@dataclass(frozen=True, slots=True)
class Board:
    """The machine that the unit runs on.

    Attributes:
        root: where the kernel's files are found.
        error_s: seconds by which the clock is off at most; None where the kernel does not tell.
    """

    root: Path = Path("/")
    error_s: Callable[[], float | None] = most_error_s

    def temperatures(self) -> dict[str, float]:
        """Degrees Celsius by the kernel's name of the zone; the hotter of two with one name."""
        found: dict[str, float] = {}
        for zone in sorted((self.root / THERMAL).glob("thermal_zone*")):
            degrees = _celsius(zone / "temp")
            if degrees is not None:
                name = _text(zone / "type") or zone.name
                found[name] = max(degrees, found.get(name, degrees))
        return found

    def throttled(self) -> tuple[str, ...] | None:
        """Why the processor is slower than it could be, in words; None where nobody tells."""
        firmware = [_bits(path) for path in self.root.glob(FIRMWARE)]
        coolers = [
            state > 0
            for path in (self.root / THERMAL).glob("cooling_device*")
            if "freq" in _text(path / "type") and (state := _number(path / "cur_state")) is not None
        ]
        told = [reason for reasons in firmware if reasons is not None for reason in reasons]
        if any(coolers):
            told.append("slowed down by heat")
        is_known = coolers or any(reasons is not None for reasons in firmware)
        return tuple(dict.fromkeys(told)) if is_known else None

    def model(self) -> str:
        """The board's name, as the device tree has it; empty where there is none."""
        return _text(self.root / MODEL).rstrip("\0")

    def clock(self) -> Clock:
        """How far wall-clock time can be trusted now."""
        error_s = self.error_s()
        is_kept = error_s is not None and error_s < SYNCHRONIZED_S
        if is_kept or (self.root / SYNCHRONIZED).exists():
            return "ntp"
        return "rtc" if any(map(_has_set_the_clock, (self.root / RTC).glob("rtc*"))) else "none"


def hottest(temperatures: Iterable[float]) -> float | None:
    """The one that counts; None of none."""
    return max(temperatures, default=None)


def _has_set_the_clock(rtc: Path) -> bool:
    """Whether the kernel took its time from this battery clock, and it still has it.

    `hctosys` is 1 for the one that the clock was set from at boot, be that to 1970
    (Documentation/ABI/testing/sysfs-class-rtc of Linux).
    """
    shows_s = _number(rtc / "since_epoch")
    is_source = _text(rtc / "hctosys") == "1"
    return is_source and shows_s is not None and abs(time.time() - shows_s) < RTC_AGREES_S


def _text(path: Path) -> str:
    """What stands in a file of one line; empty where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    """A file's number; None where there is none: a zone that is off gives an error when read."""
    text = _text(path)
    return int(text) if text.lstrip("-").isdecimal() else None


def _celsius(path: Path) -> float | None:
    """The kernel gives thousandths."""
    thousandths = _number(path)
    return None if thousandths is None else round(thousandths / 1000, 1)


def _bits(path: Path) -> list[str] | None:
    try:
        value = int(_text(path), 16)
    except ValueError:
        return None
    return [told for bit, told in BITS.items() if value >> bit & 1]
