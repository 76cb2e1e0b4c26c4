"""What a unit with two system slots knows of them without being root, and that it is one.

    /usr/lib/gatepost/system.json   in the root: what this system is; missing: there are no slots
    /run/gatepost-slots.json        written by gatepost-slots.service early in each boot
    /run/gatepost-trial             is there as long as the slot that runs is on trial

The rule to know: a slot is on trial when it runs and another one is committed.  Nothing else says
so, least of all the firmware's flag.  Of the standard library only; GATEPOST_RUN names another
folder than /run, for tests.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from appliance.errors import StoreError
from appliance.update.disk import Disk

SYSTEM = Path("/usr/lib/gatepost/system.json")
FOLDER = Path("/var/lib/gatepost-update")
"""Of updates on a unit with slots: root's.  Whoever takes over the unit's process reads it only."""
RUN, DEFAULT_RUN = "GATEPOST_RUN", "/run"
NAMES = ("A", "B")


@dataclass(frozen=True, slots=True)
class System:
    """What the root that runs says of itself.

    Attributes:
        compatible: RAUC's name for the boards that it is made for; a bundle must have the same.
        version: of the release that it is.
    """

    compatible: str
    version: str


@dataclass(frozen=True, slots=True)
class Slots:
    """Which slot runs, and which one the firmware takes unless it is told otherwise."""

    booted: str
    committed: str

    @property
    def on_trial(self) -> bool:
        """What runs is left by the next boot unless somebody finds it good."""
        return self.booted != self.committed


def system(path: Path | None = None) -> System | None:
    """What runs here; None: a stock system, which has no slots.

    Raises:
        StoreError: the file is there and says something else.
    """
    path = path or SYSTEM
    try:
        table = json.loads(path.read_bytes())
        return System(str(table["compatible"]), str(table["version"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as fault:
        told = 'expected {"compatible": "...", "version": "1.2.3"}'
        raise StoreError(f"{path}: {told}: {fault}") from fault


def folder_of(configured: Path) -> Path:
    """Where updates lie on this unit: `update.folder`, but FOLDER where there are slots."""
    return configured if system() is None else FOLDER


def run_folder() -> Path:
    """The folder of what no boot outlives."""
    return Path(os.environ.get(RUN, DEFAULT_RUN))


def read_slots() -> Slots | None:
    """As they were found at the boot or at the commit; None where nobody looked."""
    try:
        table = json.loads((run_folder() / "gatepost-slots.json").read_bytes())
        return Slots(str(table["booted"]), str(table["committed"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_slots(slots: Slots) -> None:
    """Tell all who are not root; OSError where that cannot be done."""
    run, disk = run_folder(), Disk()
    disk.replace(run / "gatepost-slots.json", json.dumps(asdict(slots)).encode())
    flag = run / "gatepost-trial"
    if slots.on_trial:
        disk.write(flag, f"{slots.booted}\n".encode())
    else:
        disk.remove(flag)


def other(slot: str) -> str:
    """The slot that is not this one."""
    return NAMES[1 - NAMES.index(slot)]
