"""The lines of a board's 40-pin header, by Broadcom's (BCM) numbers: which may be ours.  Pure."""

from __future__ import annotations

FREE = range(4, 28)
"""0 to 3 are HAT memory and I2C, 28 and more are not on it."""
CONSOLE = frozenset({14, 15})
PULLED_UP = 8
"""The last of the lines that a Raspberry Pi's chip pulls up at reset; the others it pulls down."""

OVERLAY = {18: ("head 1", "irpin"), 25: ("status LED", "statuspin"), 27: ("fan", "fanpin")}
"""Lines that Gatepost's overlay gives to the kernel where its parameters say nothing else; what is
on them, and the parameter (overlays/README.md)."""


def overlay_doubt(key: str, line: int | None) -> str | None:
    """Why a line may be the kernel's; None where the overlay leaves it alone.

    No fault, for the overlay may not be loaded, or have been given another line.
    """
    if line not in OVERLAY:
        return None
    what, parameter = OVERLAY[line]
    return (
        f"{key} = {line}: is the {what} of Gatepost's overlay; where that is loaded, expected"
        f" another line, or another {parameter} in config.txt"
    )


def require_ours(key: str, line: int | None) -> None:
    """Raise ValueError, naming the key, where a line is the console's."""
    if line in CONSOLE:
        raise ValueError(
            f"{key} = {line}: is the console's; expected another of {FREE[0]} to {FREE[-1]}"
        )


def require_rest(key: str, line: int | None, active_low: bool, else_: str) -> None:
    """Raise ValueError where a line is active before the unit runs.

    Until then the chip's pulls hold it (BCM2835 ARM Peripherals, page 102).

    Args:
        key: under which `active_low` stands.
        line: BCM number; None where there is none.
        active_low: it is active when the pin is low.
        else_: what would happen, in words.
    """
    if line is not None and (line <= PULLED_UP) != active_low:
        held, fit = ("high", "true") if line <= PULLED_UP else ("low", "false")
        told = f"{key} = {str(active_low).lower()}: line {line} is pulled {held} from"
        raise ValueError(
            f"{told} power-on until the unit runs, so {else_}: expected {fit},"
            f" or a line of {'4 to 8' if active_low else '9 to 27'}"
        )
