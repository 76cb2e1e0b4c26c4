"""The unit's settings as a whole: configuration, secrets, key and certificate, in one folder.

    gatepost.toml               link to settings-7/gatepost.toml
    settings-7/gatepost.toml    what is configured; its relative paths lie beside it
    settings-7/mqtt-password    and the other secrets
    settings-7/gatepost.key     made here

The rule to know: a folder that the link names is never changed.  Whatever comes makes a new one,
whole and on the card before the link is flipped by one rename; so there is no half of anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from appliance.provision.disk import Disk
from appliance.provision.document import TOML
from appliance.tables import SYSTEM_FILE

FOLDER = SYSTEM_FILE.parent
PREFIX = "settings-"
KEY = "gatepost.key"
UNSIGNED = "unsigned"
"""Lies beside a certificate that nobody but the unit signed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where they lie, such as /etc/gatepost, which must be there."""

    folder: Path
    disk: Disk

    @property
    def link(self) -> Path:
        """What `gatepost run` reads."""
        return self.folder / TOML

    @property
    def is_by_hand(self) -> bool:
        """Somebody has configured this unit without the boot partition."""
        return self.link.exists() and not self.link.is_symlink()

    def files(self) -> dict[str, bytes]:
        """All that the unit has, by name; none at first."""
        if not self.link.exists():
            return {}
        folder = self.link.resolve().parent
        return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    def tidy(self) -> None:
        """Take away what a power cut left unfinished, and what was replaced."""
        kept = self.link.resolve().parent if self.link.exists() else None
        for folder in self.folder.glob(f"{PREFIX}*"):
            if folder.resolve() != kept:
                self.disk.remove(folder)

    def stage(self, files: Mapping[str, bytes]) -> Path:
        """A new folder with these files, which nobody reads yet."""
        numbers = [path.name.removeprefix(PREFIX) for path in self.folder.glob(f"{PREFIX}*")]
        newest = max((int(each) for each in numbers if each.isdecimal()), default=0)
        staged = self.folder / f"{PREFIX}{newest + 1}"
        self.disk.make_folder(staged)
        for name, content in files.items():
            self.add(staged, name, content)
        return staged

    def add(self, staged: Path, name: str, content: bytes) -> None:
        """A further file in a folder that nobody reads yet."""
        self.disk.write(staged / name, content)
        self.disk.sync(staged / name)

    def commit(self, staged: Path) -> None:
        """Let the unit read this folder from now on, and remove the one before."""
        self.disk.sync(staged)
        self.disk.sync(self.folder)
        self.disk.point(self.link, f"{staged.name}/{TOML}")
        self.tidy()
