"""The firmware's two slots, through the backend that RAUC asks too: the only module that runs it.

The rule to know: `arm` is for one boot, the next one, and a power cut forgets it; only RAUC's
`mark-good` of the slot that runs commits (`rauc`).  The backend mounts a partition, which root with
all its capabilities may: only gatepost-slots.service has them.  Of the standard library only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from appliance.errors import UpdateError
from appliance.update.program import ended
from appliance.update.slots import NAMES, Slots

BACKEND = Path("/usr/lib/gatepost/tryboot")
LIMIT_S = 60.0  # it mounts a FAT partition of 16 MB; under emulation all takes ten times as long
REBOOT = ("systemctl", "--no-block", "--job-mode=replace-irreversibly", "start", "reboot.target")
"""What `systemctl reboot` comes to.  That one asks logind first, over a bus whose daemon waits for
basic.target, which waits for gatepost-slots.service: no answer within 60 s (tools/test-image)."""


class Firmware(Protocol):
    """Which slot is booted, and how another one comes next."""

    def slots(self) -> Slots:
        """What runs and what is committed; UpdateError `slots` where that cannot be told."""

    def arm(self, slot: str) -> None:
        """Let the next boot be of this slot, once; the committed one: as always."""

    def reboot(self) -> None:
        """Begin to shut down for the next boot; returns before it comes."""


class Tryboot:
    """A Raspberry Pi's, or what stands in for it under QEMU."""

    def __init__(self, backend: Path = BACKEND) -> None:
        """Ask `backend`, a program with the verbs of a custom backend of RAUC's."""
        self._backend = str(backend)

    def slots(self) -> Slots:
        """What runs and what is committed."""
        return Slots(self._name("get-current"), self._name("committed"))

    def arm(self, slot: str) -> None:
        """Let the next boot be of this slot, once."""
        _told([self._backend, "set-primary", slot])

    def reboot(self) -> None:
        """As any reboot."""
        _told(list(REBOOT))

    def _name(self, verb: str) -> str:
        """The name of a slot, else UpdateError."""
        told = _told([self._backend, verb])
        if told not in NAMES:
            raise UpdateError("slots", f"{self._backend} {verb}: {told[:60]!r}, expected A or B")
        return told


def _told(command: list[str]) -> str:
    """What a program says on stdout; UpdateError `slots` where it fails."""
    done, called = ended(command, LIMIT_S, "slots")
    if done.returncode:
        told = done.stderr.strip()[-200:]
        raise UpdateError("slots", f"{called}: exit {done.returncode}: {told}")
    return done.stdout.strip()
