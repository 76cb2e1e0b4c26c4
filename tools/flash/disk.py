"""The card's image: a GPT by `sfdisk` on a sparse file, and what goes into its partitions.

The rule to know: the firmware knows partitions by their number, all else by their label.  Ids are
the same on every card, so that two builds are; nothing looks for a partition by its id.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from appliance.errors import GatepostError
from tools.flash.programs import run

MIB = 1024 * 1024
ALIGNED_MIB = 4
"""Partitions begin on multiples of this: no erase block of a card is shared by two."""
DISK = "6A7E9057-0000-4000-8000-000000000000"
PART = "6A7E9057-0000-4000-8000-{:012d}"
FAT_TYPE = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
LINUX_TYPE = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
SLOT_TYPE = "B921B045-1DF0-41C3-AF44-4C6F280D3FAE"
"""A root of arm64, so that `data` is the only one of its type, which systemd-repart asks for:
uapi-group.org, "Discoverable Partitions"."""
HIDDEN = "GUID:63"
"""Windows gives it no drive letter, and so does not offer to format it (Microsoft,
"PARTITION_INFORMATION_GPT")."""


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition.

    Attributes:
        label: its name in the GPT.
        size: in MiB.
        kind: the GUID of its type.
        is_hidden: from Windows.
    """

    label: str
    size: int
    kind: str
    is_hidden: bool = True


LAYOUT = (
    Partition("bootconfig", 16, FAT_TYPE),
    Partition("boot_a", 96, FAT_TYPE),
    Partition("boot_b", 96, FAT_TYPE),
    Partition("system_a", 512, SLOT_TYPE),
    Partition("system_b", 512, SLOT_TYPE),
    Partition("settings", 32, FAT_TYPE, is_hidden=False),
    Partition("data", 256, LINUX_TYPE),
)
"""In the order of their numbers, from 1 on; the last grows to the card's end at the first boot."""
SIZES = {partition.label: partition.size for partition in LAYOUT}


def starts() -> dict[str, int]:
    """Where each partition begins, in MiB."""
    found, at = {}, ALIGNED_MIB
    for partition in LAYOUT:
        found[partition.label] = at
        at += partition.size
    return found


def table() -> str:
    """The partition table as `sfdisk` reads it."""
    lines = ["label: gpt", f"label-id: {DISK}", "unit: sectors"]
    for number, (partition, start) in enumerate(zip(LAYOUT, starts().values(), strict=True), 1):
        fields = [f"start={start * 2048}", f"size={partition.size * 2048}"]
        fields += [f"type={partition.kind}", f"uuid={PART.format(number)}"]
        fields += [f'name="{partition.label}"']
        fields += [f'attrs="{HIDDEN}"'] if partition.is_hidden else []
        lines.append(", ".join(fields))
    return "\n".join(lines) + "\n"


def make_disk(parts: Mapping[str, Path], out: Path) -> None:
    """Make the image of a card.

    Args:
        parts: by label, what a partition begins with.
        out: the image; sparse.

    Raises:
        GatepostError: something is larger than its partition.
    """
    for label, part in parts.items():
        if part.stat().st_size > SIZES[label] * MIB:
            told = f"{part.stat().st_size} bytes, expected {SIZES[label]} MiB at most"
            raise GatepostError(f"{part}: {told}: the partition {label}")
    end = starts()[LAYOUT[-1].label] + LAYOUT[-1].size
    out.unlink(missing_ok=True)
    with out.open("wb") as file:
        file.truncate((end + ALIGNED_MIB) * MIB)
    run(["sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", out], table().encode())
    for label, part in parts.items():
        _lay(part, out, starts()[label] * MIB)


def stretches(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """What a sparse file holds, a megabyte at most at a time, and where; its holes are left out."""
    at, end = 0, file.seek(0, os.SEEK_END)
    with suppress(OSError):  # behind the last of it there is nothing but a hole
        while at < end:
            at = os.lseek(file.fileno(), at, os.SEEK_DATA)
            hole = os.lseek(file.fileno(), at, os.SEEK_HOLE)
            while at < hole:
                file.seek(at)
                content = file.read(min(MIB, hole - at))
                yield at, content
                at += len(content)


def _lay(part: Path, disk: Path, begin: int) -> None:
    """Write a file into another at some place."""
    with part.open("rb") as source, disk.open("r+b") as target:
        for at, content in stretches(source):
            target.seek(begin + at)
            target.write(content)
