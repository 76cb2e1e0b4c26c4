"""A card whose power is cut at a step, and what is left on it then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from appliance.provision.disk import FILE_MODE, Disk

NEVER = 10_000


class PowerCut(BaseException):
    """Nothing that was to follow happens: no `except` of the program sees it as its own."""


class CutDisk(Disk):
    """Does its steps for real, up to one; then what was never synced is empty, as ext4 leaves it.

    Attributes:
        steps: those that were begun.
        is_torn: the power goes in the middle of the last.
    """

    def __init__(self, last: int, *, is_torn: bool = False) -> None:
        """Cut at step `last`, counted from 0: before it, or in its middle."""
        self.steps = 0
        self.is_torn = is_torn
        self._last = last
        self._unsynced: set[Path] = set()

    def write(self, path: Path, content: bytes, mode: int = FILE_MODE) -> None:
        """Half of it, where it is torn."""
        self._cut(lambda: super(CutDisk, self).write(path, content[: len(content) // 2], mode))
        super().write(path, content, mode)
        self._unsynced.add(path)

    def blank(self, path: Path) -> None:
        """Its first half, where it is torn."""
        half = path.read_bytes()
        self._cut(lambda: path.write_bytes(bytes(len(half) // 2) + half[len(half) // 2 :]))
        super().blank(path)

    def sync(self, path: Path) -> None:
        """Whatever lies there stays there from now on, here too: a card is slow, and not asked."""
        self._cut()
        self._unsynced.discard(path)

    def rename(self, old: Path, new: Path) -> None:
        """The name may have changed when the power goes, or not."""
        self._cut(lambda: self._renamed(old, new))
        self._renamed(old, new)

    def link(self, path: Path, target: str) -> None:
        """The same."""
        self._cut(lambda: super(CutDisk, self).link(path, target))
        super().link(path, target)

    def make_folder(self, path: Path) -> None:
        """The same."""
        self._cut(lambda: super(CutDisk, self).make_folder(path))
        super().make_folder(path)

    def remove(self, path: Path) -> None:
        """Of a folder one file only, where it is torn."""
        self._cut(lambda: _some(path).unlink(missing_ok=True))
        super().remove(path)

    def _renamed(self, old: Path, new: Path) -> None:
        super().rename(old, new)
        if old in self._unsynced:
            self._unsynced ^= {old, new}

    def _cut(self, half: Callable[[], object] = lambda: None) -> None:
        if self.steps == self._last:
            if self.is_torn:
                half()
            for path in self._unsynced:
                path.write_bytes(b"")
            raise PowerCut
        self.steps += 1


def _some(path: Path) -> Path:
    """A file of a folder, or the file itself."""
    return next(path.iterdir(), path / "none") if path.is_dir() else path
