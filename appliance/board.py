"""What the kernel says of the machine: heat, slowing down, its name, the trust in its clock.

The rule to know: all but the clock's error is read from files below one folder, so that a folder of
a test's own stands in for a board; what the kernel does not tell is None, never a guess.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from appliance import hwmon
from appliance.domain import Clock
from appliance.hwmon import Fan, Power, number, text
from appliance.jetsonstats import JetsonStats, Told
from appliance.timex import most_error_s

# systemd-timesyncd touches it after the first answer of a server since the machine started
SYNCHRONIZED = "run/systemd/timesync/synchronized"
SYNCHRONIZED_S = 16.0
"""Seconds; a clock that a time daemon keeps is off by less (the kernel's NTP_PHASE_LIMIT, systemd's
ntp_synced()).  Not STA_UNSYNC, which chronyd leaves set without `rtcsync`."""
THERMAL = "sys/class/thermal"
PMIC, PMIC_C = "PMIC", 100.0
"""How a Jetson's zone of its power chip is named, and what it shows where all is well: the chip
tells only whether it is beyond 120 or 140 °C (Linux, max77620_thermal.c; balena-jetson #142)."""
FIRMWARE = "sys/devices/platform/soc*/*firmware/get_throttled"
"""Of the Raspberry Pi's kernel: the bits of `vcgencmd get_throttled`, hexadecimal."""
MODEL = "sys/firmware/devicetree/base/model"
BITS = {0: hwmon.UNDER_VOLTAGE, 1: "frequency capped", 2: "throttled", 3: "soft temperature limit"}
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
        told: what else knows of this machine; None where it is not asked or does not answer.
    """

    root: Path = Path("/")
    error_s: Callable[[], float | None] = most_error_s
    told: Callable[[], Told | None] = field(default_factory=JetsonStats)

    def temperatures(self) -> dict[str, float]:
        """Degrees Celsius by the kernel's name of the zone; the hotter of two with one name."""
        found: dict[str, float] = {}
        for zone in sorted((self.root / THERMAL).glob("thermal_zone*")):
            degrees = _celsius(zone / "temp")
            if degrees is not None:
                name = text(zone / "type") or zone.name
                found[name] = max(degrees, found.get(name, degrees))
        return found

    def throttled(self) -> tuple[str, ...] | None:
        """Why the processor is slower than it could be, in words; None where nobody tells."""
        firmware = [_bits(path) for path in self.root.glob(FIRMWARE)]
        coolers = [
            state > 0
            for path in (self.root / THERMAL).glob("cooling_device*")
            if "freq" in text(path / "type") and (state := number(path / "cur_state")) is not None
        ]
        told = [reason for reasons in firmware if reasons is not None for reason in reasons]
        if any(coolers):
            told.append("slowed down by heat")
        supply = hwmon.alarms(self.root)
        told += supply or ()
        is_known = coolers or supply is not None or any(found is not None for found in firmware)
        return tuple(dict.fromkeys(told)) if is_known else None

    def power(self) -> Power | None:
        """What it takes; None where nothing measures it."""
        return hwmon.power(self.root)

    def fan(self) -> Fan | None:
        """How its fan turns; None where it has none."""
        return hwmon.fan(self.root)

    def model(self) -> str:
        """The board's name, as the device tree has it; empty where there is none."""
        return text(self.root / MODEL).rstrip("\0")

    def clock(self) -> Clock:
        """How far wall-clock time can be trusted now."""
        error_s = self.error_s()
        is_kept = error_s is not None and error_s < SYNCHRONIZED_S
        if is_kept or (self.root / SYNCHRONIZED).exists():
            return "ntp"
        return "rtc" if any(map(_has_set_the_clock, (self.root / RTC).glob("rtc*"))) else "none"


def hottest(temperatures: Mapping[str, float]) -> float | None:
    """Of zones by their names the temperature that counts; None where none tells."""
    telling = (degrees for name, degrees in temperatures.items() if _tells(name, degrees))
    return max(telling, default=None)


def _tells(zone: str, degrees: float) -> bool:
    return not zone.upper().startswith(PMIC) or degrees > PMIC_C


def _has_set_the_clock(rtc: Path) -> bool:
    """Whether the kernel took its time from this battery clock, and it still has it.

    `hctosys` is 1 for the one that the clock was set from at boot, be that to 1970
    (Documentation/ABI/testing/sysfs-class-rtc of Linux).
    """
    shows_s = number(rtc / "since_epoch")
    is_source = text(rtc / "hctosys") == "1"
    return is_source and shows_s is not None and abs(time.time() - shows_s) < RTC_AGREES_S


def _celsius(path: Path) -> float | None:
    """The kernel gives thousandths."""
    thousandths = number(path)
    return None if thousandths is None else round(thousandths / 1000, 1)


def _bits(path: Path) -> list[str] | None:
    try:
        value = int(text(path), 16)
    except ValueError:
        return None
    return [told for bit, told in BITS.items() if value >> bit & 1]
