"""A card as a file: its partitions, what lies on the FAT ones, and its store as a cut has left it.

The rule to know: nothing here is mounted and nothing on the card is changed, but by `put`
and `lay`, which are for a card that is in no machine.
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SECTOR = 512  # bytes
BOOTCONFIG, BOOT_A, BOOT_B, SYSTEM_A, SYSTEM_B, SETTINGS, DATA = range(1, 8)
CHUNK = 1 << 20
LIMIT_S = 300.0


@dataclass(frozen=True, slots=True)
class Span:
    """Where a partition lies, bytes."""

    begin: int
    size: int


@dataclass(frozen=True, slots=True)
class Card:
    """An image that is written to."""

    path: Path

    def spans(self) -> dict[int, Span]:
        """The partitions by their number, as the table has them now."""
        table = json.loads(run(["sfdisk", "--json", str(self.path)]))["partitiontable"]
        return {
            int(each["node"].removeprefix(str(self.path)).lstrip("p")): Span(
                each["start"] * SECTOR, each["size"] * SECTOR
            )
            for each in table["partitions"]
        }

    def read(self, partition: int, name: str) -> bytes:
        """A file of a FAT partition; RuntimeError where there is none."""
        return run(["mcopy", "-n", "-i", self._fat(partition), f"::{name}", "-"])

    def put(self, partition: int, name: str, content: bytes) -> None:
        """Write a file of a FAT partition."""
        run(["mcopy", "-o", "-i", self._fat(partition), "-", f"::{name}"], content)

    def content(self, partition: int) -> bytes:
        """All of a small partition."""
        span = self.spans()[partition]
        with self.path.open("rb") as file:
            file.seek(span.begin)
            return file.read(span.size)

    def copy(self, partition: int, out: Path) -> None:
        """A partition as a file of its own, with holes where the card's file has them."""
        span = self.spans()[partition]
        with self.path.open("rb") as file, out.open("wb") as copied:
            copied.truncate(span.size)
            for begin, end in _written(file.fileno(), span):
                for at in range(begin, end, CHUNK):
                    piece = os.pread(file.fileno(), min(CHUNK, end - at), at)
                    os.pwrite(copied.fileno(), piece, at - span.begin)

    def _fat(self, partition: int) -> str:
        return f"{self.path}@@{self.spans()[partition].begin}"


def _written(file: int, span: Span) -> Iterator[tuple[int, int]]:
    """Begin and end of each stretch of a file that is no hole (lseek(2), SEEK_DATA)."""
    at, last = span.begin, span.begin + span.size
    while at < last:
        try:
            begin = os.lseek(file, at, os.SEEK_DATA)
        except OSError as fault:
            if fault.errno == errno.ENXIO:  # nothing but a hole up to its end
                return
            raise
        at = min(last, os.lseek(file, begin, os.SEEK_HOLE))
        if begin < last:
            yield begin, at


def clone(card: Card, path: Path) -> Card:
    """Another card with the same content."""
    run(["cp", "--sparse=always", str(card.path), str(path)])
    return Card(path)


def rescued(card: Card, folder: Path, out: Path) -> None:
    """Copy a folder of the data partition as the next start would find it.

    The journal is played back, on a copy: so it holds what the kernel had made durable, or handed
    to the card, when the power went.

    Args:
        card: out of its machine.
        folder: within the data partition.
        out: an empty folder; gets `folder`'s own.
    """
    part = out / "data.ext4"
    card.copy(DATA, part)
    run(["e2fsck", "-E", "journal_only", "-p", str(part)], code=(0, 1))
    run(["debugfs", "-R", f"rdump {folder} {out}", str(part)])
    part.unlink()


def run(command: list[str], content: bytes = b"", code: tuple[int, ...] = (0,)) -> bytes:
    """What a program wrote; RuntimeError with its words where it failed."""
    done = subprocess.run(  # noqa: S603
        command, input=content, capture_output=True, check=False, timeout=LIMIT_S, env=PATHS
    )
    if done.returncode not in code:
        said = done.stderr.decode(errors="replace").strip()[-500:]
        raise RuntimeError(f"{' '.join(command)[:200]}: {done.returncode}: {said}")
    return done.stdout


PATHS = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MTOOLS_SKIP_CHECK": "1", "LC_ALL": "C"}
"""sfdisk, e2fsck and debugfs are where only root looks."""
