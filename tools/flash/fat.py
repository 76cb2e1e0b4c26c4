"""FAT partitions, without mounting them: `mkfs.vfat` and `mcopy`, the same bytes each time.

The rule to know: ids and times are given, never taken from the clock.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.flash.programs import run

MIB = 1024 * 1024
FAT32_MIB = 64
"""From here on 32 bits: with fewer clusters than 65525 it would be no FAT32 (Microsoft,
"fatgen103"); and below 16 MiB it would become FAT12, which the firmware does not read."""


@dataclass(frozen=True, slots=True)
class Fat:
    """A file system to be made.

    Attributes:
        label: eleven characters at most.
        serial: its id, eight hexadecimal digits.
        size: in MiB.
    """

    label: str
    serial: str
    size: int


def make_fat(fat: Fat, files: Mapping[str, bytes], epoch: int, out: Path) -> None:
    """Make one with these files; a slash in a name makes a folder."""
    out.unlink(missing_ok=True)
    bits = "32" if fat.size >= FAT32_MIB else "16"
    with out.open("wb") as file:
        file.truncate(fat.size * MIB)
    # `--invariant` sets an id of its own, so ours comes after it
    options = ["--invariant", "-F", bits, "-n", fat.label, "-i", fat.serial]
    run(["mkfs.vfat", *options, out])
    with TemporaryDirectory() as name:
        folder = Path(name)
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        for each in folder.rglob("*"):
            os.utime(each, (epoch, epoch))
        tops = sorted(folder.iterdir())
        if tops:
            fixed = {"TZ": "UTC", "SOURCE_DATE_EPOCH": str(epoch)}
            run(["mcopy", "-s", "-m", "-i", out, *tops, "::/"], environment=fixed)
