"""The steps by which settings reach the card: those of updates, and what secrets want beside them.

The rule to know: nothing is durable before `sync` has returned for the file, and for the folder
that holds its name.
"""

from __future__ import annotations

from pathlib import Path

from appliance.update import disk

FOLDER_MODE = 0o750
FILE_MODE = 0o640
"""With a folder of the group `gatepost` the unit may read what root wrote, and alter nothing."""


class Disk(disk.Disk):
    """The card itself.  Each method is one step; OSError comes as it is."""

    def write(self, path: Path, content: bytes, mode: int = FILE_MODE) -> None:
        """Make a file, in place of one that is there."""
        super().write(path, content, mode)

    def blank(self, path: Path) -> None:
        """Write zeros over a file, where it lies."""
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))

    def make_folder(self, path: Path) -> None:
        """Make a folder, which must not be there."""
        path.mkdir(FOLDER_MODE)
