"""What `gatepost update` does on a unit with slots, beside `updating`: commit, go back, wait.

The rule to know: all of it is root's; the unit itself only leaves files for it (`verdict`).
"""

from __future__ import annotations

import argparse
import sys
import time

from appliance.errors import StoreError
from appliance.store.database import VERSION
from appliance.update import system, verdict
from appliance.update.disk import Disk
from appliance.update.progress import desk
from appliance.update.rauc import Rauc
from appliance.update.shelf import Shelf
from appliance.update.slots import FOLDER, Slots, read_slots
from appliance.update.trial import Standing
from appliance.update.tryboot import Tryboot

QUIET_S, LOOK_S = 360.0, 0.5
"""A minute longer than the unit itself looks for a quiet moment; then the reboot comes anyhow."""
NEXT_BOOT = "the next boot tries it: systemctl reboot"


def commit_slot(_asked: argparse.Namespace) -> int:
    """Commit the slot that runs, or boot the committed one; nothing where no verdict lies there."""
    told, slots, shelf = verdict.take(), read_slots(), Shelf(FOLDER, Disk())
    if told is None or slots is None:
        print("nobody has found anything", file=sys.stderr)
        return 0
    try:
        standing = system.commit(shelf, Rauc(), told)
    except OSError as fault:
        raise StoreError(f"{FOLDER}: {fault.strerror or fault}") from fault
    finally:
        if not told.good and slots.on_trial and shelf.standing().trial is None:
            Tryboot().reboot()
    print(standing.last)
    return 0


def roll_back_slot(shelf: Shelf, *, reached: bool) -> Standing:
    """Let the next boot be of the slot before, which has to show that it is good."""
    why = "a person went back"
    try:
        return system.go_back(shelf, Rauc(), why, schema=VERSION, reached=reached)
    except OSError as fault:
        raise StoreError(f"{FOLDER}: {fault.strerror or fault}") from fault


def told_slots(standing: Standing, slots: Slots | None) -> str:
    """How the slots stand, a line for a person."""
    if slots is None:
        return "slots: nobody has told which one runs (gatepost-slots.service)"
    state = f"{slots.committed} is committed" if slots.on_trial else "committed"
    before = standing.previous
    held = f"; {before.name} holds {before.version}" if before else ""
    return f"slots: {slots.booted} runs, {state}{held}"


def reboot_when_quiet() -> None:
    """Start the board anew once nobody is before the gate, as the unit says; QUIET_S at most."""
    quiet, ends_at = desk().quiet, time.monotonic() + QUIET_S
    while not quiet.exists() and time.monotonic() < ends_at:
        time.sleep(LOOK_S)
    Tryboot().reboot()
