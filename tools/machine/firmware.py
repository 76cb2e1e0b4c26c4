"""What the Raspberry Pi's firmware does before the kernel, as far as two slots need it.  Pure.

The rule to know: `[tryboot]` of autoboot.txt counts for one start, the one after a restart that the
kernel asked for with the argument `0 tryboot`; whatever ends that start, the next one is `[all]`'s.

Sources: Raspberry Pi documentation, "autoboot.txt", "The tryboot flag" and config.txt's
`kernel_watchdog_timeout`; drivers/firmware/raspberrypi.c of its kernel for the argument.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 512
"""Bytes of autoboot.txt that the firmware reads."""
RESTART = re.compile(r"reboot: Restarting system(?: with command '(?P<argument>[^']*)')?")
TRYBOOT = "0 tryboot"


class FirmwareError(Exception):
    """The firmware would find nothing to start, or something else than this board can start."""


@dataclass(frozen=True, slots=True)
class Start:
    """What is started.

    Attributes:
        partition: its number in the table, from 1.
        is_try: whether this is the one start of `[tryboot]`.
    """

    partition: int
    is_try: bool


@dataclass(frozen=True, slots=True)
class Loading:
    """What config.txt of that partition says.

    Attributes:
        kernel, initramfs, arguments: names of files; an empty initramfs: none.
        watchdog_s: after which the hardware starts anew, unless the system has taken the watchdog
            over; 0: it is not armed.
    """

    kernel: str
    initramfs: str
    arguments: str
    watchdog_s: int


def choose(autoboot: str, *, is_try: bool) -> Start:
    """The partition that autoboot.txt names.

    Args:
        autoboot: the file's text.
        is_try: whether the kernel asked for it before this restart.

    Raises:
        FirmwareError: it is too long, or names none.
    """
    if len(autoboot.encode()) > LONGEST:
        raise FirmwareError(f"autoboot.txt: {len(autoboot.encode())} bytes, expected {LONGEST}")
    found = dict(_settings(autoboot, is_try=is_try))
    number = found.get("boot_partition", "")
    if not number.isdecimal() or int(number) == 0:
        raise FirmwareError(f"autoboot.txt: boot_partition is {number!r}, expected a number from 1")
    if is_try and found.get("tryboot_a_b") != "1":
        raise FirmwareError("autoboot.txt: without tryboot_a_b=1 a try reads tryboot.txt")
    return Start(int(number), is_try)


def loading(config: str, *, is_try: bool) -> Loading:
    """What config.txt asks for; a line such as `initramfs NAME followkernel` has no `=`."""
    found = dict(_settings(config, is_try=is_try))
    return Loading(
        kernel=found.get("kernel", "kernel8.img"),
        initramfs=found.get("initramfs", "").partition(" ")[0],
        arguments=found.get("cmdline", "cmdline.txt"),
        watchdog_s=int(found.get("kernel_watchdog_timeout", "0")),
    )


def asked_for_try(console: str) -> bool:
    """Whether the kernel's last word was a restart with the argument for a try."""
    words = list(RESTART.finditer(console))
    return bool(words) and words[-1]["argument"] == TRYBOOT


def _settings(text: str, *, is_try: bool) -> Iterator[tuple[str, str]]:
    """Keys and values of the lines that count; a filter other than these two counts for none."""
    counts = True
    for line in (each.strip() for each in text.splitlines()):
        if line.startswith("["):
            counts = line == "[all]" or (line == "[tryboot]" and is_try)
        elif counts and line and not line.startswith("#"):
            key, _, value = line.partition("=" if "=" in line else " ")
            yield key.strip(), value.strip()
