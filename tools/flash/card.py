"""The image of a card: both slots the same, settings and data empty.

The rule to know: what a unit makes of itself (keys, who it is, its folders) is not here; it is made
at the first boot, so that no two units are alike.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tools.flash.disk import DISK, MIB, SIZES, make_disk
from tools.flash.fat import Fat, make_fat
from tools.flash.programs import run
from tools.flash.slots import BOOT_FILE, SYSTEM_FILE

AUTOBOOT = b"[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=3\n"
"""Slot A, and B for a try: raspberrypi.com/documentation, "config.txt", autoboot.txt."""
JOURNAL_MIB = 32
MOST_BLOCKS = 2**28
"""Of 4 kB, to which the data partition can grow: 1 TB."""


def make_card(slot: Path, out: Path, epoch: int) -> None:
    """Make the image of a card.

    Args:
        slot: the folder with the two files of a slot.
        out: the image.
        epoch: seconds since 1970; every time in it.
    """
    with TemporaryDirectory(dir=out.parent) as name:
        config, settings, empty = (Path(name, each) for each in ("config", "settings", "data"))
        bootconfig = Fat("BOOTCONFIG", "6A7E0001", SIZES["bootconfig"])
        make_fat(bootconfig, {"autoboot.txt": AUTOBOOT}, epoch, config)
        make_fat(Fat("GATEPOST", "6A7E0006", SIZES["settings"]), {}, epoch, settings)
        _make_ext4(empty, epoch)
        boot, system = slot / BOOT_FILE, slot / SYSTEM_FILE
        parts = {"bootconfig": config, "boot_a": boot, "boot_b": boot, "system_a": system}
        make_disk(parts | {"system_b": system, "settings": settings, "data": empty}, out)


def _make_ext4(out: Path, epoch: int) -> None:
    """The data partition, with a journal and nothing in it."""
    with out.open("wb") as file:
        file.truncate(SIZES["data"] * MIB)
    options = ["-b", "4096", "-T", "default", "-m", "1", "-J", f"size={JOURNAL_MIB}"]
    more = f"hash_seed={DISK},root_owner=0:0,resize={MOST_BLOCKS}"
    command: list[str | Path] = [
        "mkfs.ext4",
        "-q",
        "-F",
        "-L",
        "data",
        "-U",
        DISK,
        *options,
        "-E",
        more,
        out,
    ]
    run(command, environment={"E2FSPROGS_FAKE_TIME": str(epoch)})
