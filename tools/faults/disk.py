"""A small disk that can be filled, or whose writes are counted; else a plain folder.

The rule to know: root mounts it, a tmpfs or a file with ext4 as a card has it; nobody else may.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from pathlib import Path

BLOCK = bytes(4096)
SECTOR = 512  # bytes, of /sys/block/*/stat whatever the device has
PLACES = "/usr/bin:/bin:/usr/sbin:/sbin"


class Disk:
    """A folder of some megabytes, if the machine lets one mount (root does).

    Attributes:
        folder: where it is.
        small: it is a disk of its own: it can be filled, and a card's writes are counted.
    """

    def __init__(self, folder: Path, size_mb: int = 16, *, card: bool = False) -> None:
        """Make and mount it; a `card` is ext4 in a file beside it, behind a block device."""
        self.folder = folder
        folder.mkdir()
        self._image = folder.with_name(f"{folder.name}.ext4") if card else None
        if self._image is None:
            mounted = _run("mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "gatepost", folder)
        else:
            with self._image.open("wb") as image:
                image.truncate(size_mb * 1_000_000)
            made = _run("mkfs.ext4", "-q", self._image)
            mounted = made and _run("mount", "-o", "loop,noatime", self._image, folder)
        self.small = mounted

    def written(self) -> int:
        """Bytes that the block device of a mounted card has got so far, whoever wrote them."""
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.sync()
            device = os.fstat(folder).st_dev
        finally:
            os.close(folder)
        stat = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat")
        return int(stat.read_text(encoding="ascii").split()[6]) * SECTOR

    def fill(self) -> None:
        """Leave no byte free: whoever writes now gets ENOSPC."""
        with (self.folder / "ballast").open("ab", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(BLOCK)
            except OSError as fault:
                if fault.errno != errno.ENOSPC:
                    raise

    def free(self) -> None:
        """Give it all back."""
        (self.folder / "ballast").unlink(missing_ok=True)

    def close(self) -> None:
        """Take it down with what is on it."""
        if self.small:
            _run("umount", "-l", self.folder)
        if self._image is not None:
            self._image.unlink()


def _run(name: str, *arguments: str | Path) -> bool:
    """Whether a program of the system is there and did what it was asked for."""
    program = shutil.which(name, path=PLACES)
    if program is None:
        return False
    command = [program, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0  # noqa: S603
