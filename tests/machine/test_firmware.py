"""What the firmware starts: autoboot.txt, the flag for one try, config.txt."""

from __future__ import annotations

import pytest

from tools.machine.firmware import FirmwareError, Start, asked_for_try, choose, loading

AUTOBOOT = "[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=3\n"
CONFIG = """# of a slot
arm_64bit=1
kernel=kernel.img
initramfs initramfs followkernel
kernel_watchdog_timeout=60
[pi5]
kernel=kernel_2712.img
[all]
"""
LAST = "[ 61.2] reboot: Restarting system"


def test_a_start_is_of_all() -> None:
    """Without the flag the partition of [all] is started, whatever [tryboot] says."""
    assert choose(AUTOBOOT, is_try=False) == Start(2, is_try=False)


def test_a_try_is_of_tryboot() -> None:
    """With the flag [tryboot] overrides [all]; what only [all] says still counts."""
    assert choose(AUTOBOOT, is_try=True) == Start(3, is_try=True)


@pytest.mark.parametrize(
    ("text", "is_try", "told"),
    [
        ("", False, "boot_partition is ''"),
        ("[tryboot]\nboot_partition=3\n", False, "boot_partition is ''"),
        ("[all]\nboot_partition=x\n", False, "'x'"),
        ("[all]\nboot_partition=2\n", True, "tryboot_a_b"),
        (AUTOBOOT + "#" * 512, False, "512"),
    ],
)
def test_nothing_to_start(text: str, is_try: bool, told: str) -> None:
    """A file that names no partition, or is longer than the firmware reads, starts nothing."""
    with pytest.raises(FirmwareError, match=told):
        choose(text, is_try=is_try)


def test_config_is_read_as_the_firmware_does() -> None:
    """Lines of another board's filter do not count, and `initramfs` has no equals sign."""
    asked = loading(CONFIG, is_try=False)
    assert (asked.kernel, asked.initramfs, asked.arguments) == (
        "kernel.img",
        "initramfs",
        "cmdline.txt",
    )
    assert asked.watchdog_s == 60


@pytest.mark.parametrize(
    ("console", "is_asked"),
    [
        (f"{LAST} with command '0 tryboot'\n", True),
        (f"{LAST}\n", False),
        (f"{LAST} with command '3'\n", False),
        ("the text '0 tryboot' in a log\n", False),
        (f"{LAST} with command '0 tryboot'\n{LAST}\n", False),
        ("", False),
    ],
)
def test_the_flag_is_of_the_last_restart(console: str, is_asked: bool) -> None:
    """Only the kernel's own line asks for a try, and only if it was its last."""
    assert asked_for_try(console) is is_asked
