"""The steps by which updates reach the card, few enough for a test to cut the power at each.

The rule to know: nothing is durable before `sync` has returned for the file, and for the folder
that holds its name.  Of the standard library only: the launcher runs on whatever Python there is.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

FOLDER_MODE, FILE_MODE = 0o755, 0o644
READ_ONLY = 0o444


class Disk:
    """The card itself.  Each method is one step; OSError comes as it is."""

    def write(self, path: Path, content: bytes, mode: int = FILE_MODE) -> None:
        """Make a file, in place of one that is there."""
        with suppress(FileNotFoundError):
            path.unlink()
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(number, "wb") as file:
            file.write(content)

    def append(self, path: Path, content: bytes) -> None:
        """Write behind the end of a file, which begins to exist."""
        with path.open("ab") as file:
            file.write(content)

    def sync(self, path: Path) -> None:
        """Let a file's content, or a folder's names, outlive the power."""
        number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(number)
        finally:
            os.close(number)

    def sync_all(self) -> None:
        """The same for all there is: for a thousand files once instead of a thousand times."""
        os.sync()

    def rename(self, old: Path, new: Path) -> None:
        """Give a file or a folder another name, in place of a file that has it."""
        old.replace(new)

    def link(self, path: Path, target: str) -> None:
        """Make a symbolic link."""
        path.symlink_to(target)

    def make_folder(self, path: Path) -> None:
        """Make a folder and those above it, where they are missing."""
        path.mkdir(FOLDER_MODE, parents=True, exist_ok=True)

    def remove(self, path: Path) -> None:
        """Take a file, a link or a whole folder away, where there is one."""
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def replace(self, path: Path, content: bytes) -> None:
        """Put a file in the place of another, durably: whenever the power goes one of them lies."""
        beside = path.with_name(f"{path.name}.new")
        self.write(beside, content)
        self.sync(beside)
        self.rename(beside, path)
        self.sync(path.parent)

    def point(self, path: Path, target: str) -> None:
        """Let a symbolic link point elsewhere, in the same way."""
        beside = path.with_name(f"{path.name}.new")
        self.remove(beside)
        self.link(beside, target)
        self.rename(beside, path)
        self.sync(path.parent)
