"""The boot partition: what somebody put there for the unit, and what the unit leaves there.

The rule to know: it is FAT, which has no journal.  What is replaced there is written under another
name first, and what a power cut left half done is finished by `mend` at the next start.

A file with secrets goes in four steps: it is renamed, the file without them takes its place, zeros
are written over it where it lies, it is removed.  That leaves nothing which the card still gives
out.  It is no promise about the flash: the card's controller may keep the old pages, where only its
maker's tools find them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import ConfigurationError
from appliance.provision.disk import Disk
from appliance.provision.document import MOST_BYTES, TOML

CERTIFICATE, AUTHORITY, REQUEST = "gatepost.crt", "gatepost-ca.crt", "gatepost.csr"
ROOT = "gatepost-root.pub"
LOGIN = "gatepost-ssh.pub"
FAULTS = "gatepost-faults.txt"
GOING = "gatepost.wipe"
HIDDEN = "gatepost.toml.txt"
"""What an editor of Windows makes of gatepost.toml, and does not show."""
BROUGHT = (TOML, HIDDEN, CERTIFICATE, AUTHORITY, ROOT, LOGIN)
"""All that somebody may have put there."""


@dataclass(frozen=True, slots=True)
class Boot:
    """The partition's folder."""

    folder: Path
    disk: Disk

    def read(self, name: str) -> bytes | None:
        """A file's content; None where there is none.

        Raises:
            ConfigurationError: it is no file, too long, or cannot be read.
        """
        try:
            return self._content(name)
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise ConfigurationError(f"{name}: cannot be read: {fault.strerror}") from fault

    def settings(self) -> bytes | None:
        """The settings that were put there; None where there are none.

        Raises:
            ConfigurationError: they cannot be read, or have a name by which nobody finds them.
        """
        content = self.read(TOML)
        if content is None and (self.folder / HIDDEN).exists():
            raise ConfigurationError(f"{HIDDEN}: expected the name {TOML}, without .txt")
        return content

    def put(self, name: str, content: bytes) -> None:
        """Leave a file there; one that is there already and says the same is not touched."""
        if not (self.folder / name).is_file() or (self.folder / name).read_bytes() != content:
            self.disk.replace(self.folder / name, content)

    def tell(self, faults: Sequence[str]) -> None:
        """Say in a text file what is wrong, or that nothing is, by taking it away."""
        path = self.folder / FAULTS
        if faults:
            self.put(FAULTS, faults_text(faults).encode())
        elif path.exists():
            self.disk.remove(path)
            self.disk.sync(self.folder)

    def wipe(self, text: str) -> None:
        """Put settings without secrets in the place of those with them."""
        self.disk.rename(self.folder / TOML, self.folder / GOING)
        self.disk.sync(self.folder)
        self.disk.replace(self.folder / TOML, text.encode())
        self._erase()

    def mend(self, text: str | None) -> None:
        """Finish what a power cut left.

        Args:
            text: the settings that the unit has; None: it has none, so that nothing may go.
        """
        self.disk.remove(self.folder / f"{TOML}.new")
        if not (self.folder / GOING).is_file():
            return
        if not (self.folder / TOML).exists():
            if text is None:
                self.disk.rename(self.folder / GOING, self.folder / TOML)
                return
            self.disk.replace(self.folder / TOML, text.encode())
        self._erase()

    def _erase(self) -> None:
        path = self.folder / GOING
        self.disk.blank(path)
        self.disk.sync(path)
        self.disk.remove(path)
        self.disk.sync(self.folder)

    def _content(self, name: str) -> bytes:
        number = os.open(self.folder / name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise ConfigurationError(f"{name}: is a folder or a device, expected a file")
            with os.fdopen(os.dup(number), "rb") as file:
                content = file.read(MOST_BYTES + 1)
        finally:
            os.close(number)
        if len(content) > MOST_BYTES:
            raise ConfigurationError(f"{name}: is longer than {MOST_BYTES} bytes")
        return content


def faults_text(faults: Sequence[str]) -> str:
    """The text file for whoever takes the card out; with the line ends that Windows wants."""
    lines = [
        "Nothing was taken over from here; the unit goes on with what it had, if anything.",
        "",
    ]
    lines += faults
    lines += ["", "Mend this, put the card back and start the unit: this file then goes away.", ""]
    return "\r\n".join(lines)
