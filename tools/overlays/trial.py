"""The overlay on Debian's kernel 6.12: fits its boards, and does its work on a Pi 3 in QEMU."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

from tools.overlays import boards, boot, compiler

NAME = "gatepost"
FITTING = ("bcm2837", "bcm2711")
OFF, ON = "0 of 40000 normal", "16000 of 40000 normal"
FREE = r"\(MUX UNCLAIMED\) \(GPIO UNCLAIMED\)"
EXPECTED = {
    "it is a Pi 3": r"model: Raspberry Pi 3 Model B",
    "the kernel alone lights nothing": r"before any module: 0 LEDs, 0 pins asked for",
    "the LEDs have our names": (
        r"LEDs: gatepost:green:status gatepost:ir:illuminator gatepost:ir:illuminator-2"
    ),
    "full light is 100": r"full light: 100 100",
    "dark at first": rf"at first: 0 0, {OFF};{OFF};",
    "40 is 40 % of 25 kHz": rf"head 1 at 40: 40 0, {ON};{OFF};",
    "dark again": rf"head 1 at 0: 0, {OFF};{OFF};",
    "heartbeat by itself": r"status by itself: heartbeat",
    "the status LED's pin": r"status lit: gatepost:green:statu out hi",
    "the fan rests": r"cooling: gpio-fan at 0, gatepost-fan out lo",
    "from 60 °C on": r"cpu-thermal starts gpio-fan at 60000",
    "the fan's pin": r"fan on: gatepost-fan out hi",
    "head 1's pin is the PWM's": r"pin 18 \(gpio18\): \S+\.pwm .*function alt5.*",
    "head 2's pin is the PWM's": r"pin 19 \(gpio19\): \S+\.pwm .*function alt5.*",
    "the gate's line is free": rf"pin 17 \(gpio17\): {FREE}",
    "the second factor's line is free": rf"pin 22 \(gpio22\): {FREE}",
    "IR-cut A is free": rf"pin 23 \(gpio23\): {FREE}",
    "IR-cut B is free": rf"pin 24 \(gpio24\): {FREE}",
    "the gate's line is pulled down": r"pull of gpio17: 00000180",
    "IR-cut A is pulled down": r"pull of gpio23: 00000180",
    "IR-cut B is pulled down": r"pull of gpio24: 00000180",
    "the watchdog is there": r"watchdog: /dev/watchdog0 Broadcom BCM2835 Watchdog timer",
}
"""What it shows, and what `init` says then.  00000180 packs the driver's 0x80 and pull 1, down."""


def main() -> int:
    """Print the report; 1 where something is not as expected."""
    try:
        kernel = boards.package(boards.KERNEL)
    except boards.NotHadError as fault:
        print(f"cannot be had: {fault}", file=sys.stderr)
        return 1
    fitted(kernel)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tree = folder / "tree.dtb"
        blob = compiler.overlay(NAME, {"head2": "on"})
        tree.write_bytes(compiler.merged(boards.trees(kernel)[boot.BOARD], blob))
        begun = time.monotonic()
        lines = boot.said(tree, folder)
        print(
            f"\n{boot.BOARD} in QEMU, `dtoverlay={NAME},head2`, {time.monotonic() - begun:.0f} s:"
        )
    missing = judged(lines)
    print(f"\n{len(EXPECTED) - missing} of {len(EXPECTED)} as expected")
    return min(missing, 1)


def fitted(kernel: Path) -> None:
    """Say what is tried with what, and which boards of the package the overlay fits."""
    (image,) = kernel.glob("vmlinuz-*")
    version = subprocess.run(
        ["qemu-system-aarch64", "--version"],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()[0]
    print(f"{datetime.now(timezone.utc):%Y-%m-%d}, Debian's {image.name}, {version}\n")
    for board, base in boards.trees(kernel).items():
        if board.startswith(FITTING):
            compiler.merged(base, compiler.overlay(NAME, {"head2": "on"}))
            print(f"fits {board}")


def judged(lines: list[str]) -> int:
    """Print what is as expected and what is not; how many are not."""
    missing = 0
    for shown, pattern in EXPECTED.items():
        found = next((line for line in lines if re.fullmatch(pattern, line)), None)
        print(f"{'ok' if found else 'NOT':4}{shown:34}{found or 'expected ' + pattern}")
        missing += found is None
    if missing:
        print("\nsaid:", *lines, sep="\n    ")
    return missing


if __name__ == "__main__":
    sys.exit(main())
