"""What the kernel's hardware monitors say: power, the fan, and what is amiss with the supply.

The rule to know: read from files below one folder, so that a folder of a test's own stands in for a
board, by the names and units of Linux' Documentation/hwmon/sysfs-interface.rst.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MONITORS = "sys/class/hwmon"
POWER_MONITORS = ("ina3221", "ina238")
"""On Jetsons: three rails each, in the order of `in1` to `in3`, and Thor's input."""
INPUTS = ("VIN", "VDD_IN", "POM_5V_IN")
"""Rails that all others are fed from (NVIDIA, "Software-Based Power Consumption Modeling")."""
UNUSED = "NC"  # as Jetson device trees label a rail that is connected to nothing
PI_VOLTAGE = "rpi_volt"
"""Linux' raspberrypi-hwmon, on any kernel of a Pi: `in0_lcrit_alarm` is 1 for 2 s and more after
the supply fell below 4.63 V."""
UNDER_VOLTAGE, OVER_CURRENT = "under-voltage", "over-current"
FULL_PWM = 255


@dataclass(frozen=True, slots=True)
class Rail:
    """A supply within the board."""

    volts: float
    amps: float
    watts: float


@dataclass(frozen=True, slots=True)
class Power:
    """What the board takes.

    Attributes:
        watts: of all, as its input says; without one, the sum of the rails.
        rails: by their label.
    """

    watts: float
    rails: dict[str, Rail]


@dataclass(frozen=True, slots=True)
class Fan:
    """The fan: how it is driven, and how fast it turns; the fastest of several; None: not known."""

    percent: float | None
    rpm: int | None


def power(root: Path) -> Power | None:
    """What the board takes; None where nothing measures it."""
    rails: dict[str, Rail] = {}
    for monitor in _named(root, POWER_MONITORS):
        for label in sorted(monitor.glob("in*_label")):
            name, number = text(label), label.name[2 : -len("_label")]
            rail = _rail(monitor, number)
            if rail is not None and UNUSED not in name.split("_"):
                rails[name] = rail
    return total(rails)


def total(rails: dict[str, Rail]) -> Power | None:
    """The whole of several rails; None of none."""
    if not rails:
        return None
    inputs = [rails[name].watts for name in INPUTS if name in rails]
    watts = inputs[0] if inputs else sum(rail.watts for rail in rails.values())
    return Power(round(watts, 2), rails)


def fan(root: Path) -> Fan | None:
    """The fan; None where there is none."""
    driven, turns = [], []
    for monitor in sorted((root / MONITORS).glob("hwmon*")):
        driven += [each for path in monitor.glob("pwm[0-9]") if (each := number(path)) is not None]
        for pattern in ("fan[0-9]_input", "rpm"):  # the second is NVIDIA's tachometer
            turns += [each for path in monitor.glob(pattern) if (each := number(path)) is not None]
    if not driven and not turns:
        return None
    percent = round(100 * max(driven) / FULL_PWM) if driven else None
    return Fan(percent, max(turns, default=None))


def alarms(root: Path) -> tuple[str, ...] | None:
    """What is wrong with the supply now, in words; None where nobody tells."""
    low = [number(monitor / "in0_lcrit_alarm") for monitor in _named(root, (PI_VOLTAGE,))]
    high = [
        number(path)
        for monitor in _named(root, POWER_MONITORS)
        for path in monitor.glob("curr[0-9]_*_alarm")
    ]
    told = {UNDER_VOLTAGE: low, OVER_CURRENT: high}
    if all(each is None for each in low + high):
        return None
    return tuple(reason for reason, raised in told.items() if any(raised))


def text(path: Path) -> str:
    """What stands in a file of one line; empty where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def number(path: Path) -> int | None:
    """A file's number; None where there is none: a sensor that is off gives an error when read."""
    found = text(path)
    return int(found) if found.lstrip("-").isdecimal() else None


def _named(root: Path, names: tuple[str, ...]) -> Iterator[Path]:
    for monitor in sorted((root / MONITORS).glob("hwmon*")):
        if text(monitor / "name") in names:
            yield monitor


def _rail(monitor: Path, of: str) -> Rail | None:
    """From millivolts and milliamperes; None for a channel that lacks one, such as the sum."""
    millivolts, milliamperes = (
        number(monitor / f"in{of}_input"),
        number(monitor / f"curr{of}_input"),
    )
    if millivolts is None or milliamperes is None:
        return None
    volts, amps = millivolts / 1000, milliamperes / 1000
    return Rail(round(volts, 3), round(amps, 3), round(volts * amps, 2))
