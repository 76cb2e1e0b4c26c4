"""What gatepost-slots.service does early in each boot: `python3 -m appliance.update.boot`.

The rule to know: what is remembered is written before anything is armed or booted, so that a trial
is counted whatever happens next.  A unit whose slots cannot be told goes on as it is: the gate must
not wait for an update.  Of the standard library only, for it runs before the rest of the system.
"""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from pathlib import Path

from appliance.errors import GatepostError, StoreError
from appliance.update.disk import Disk
from appliance.update.judgement import Act, Boot, Judgement, judge
from appliance.update.shelf import Shelf, boot_name
from appliance.update.slots import FOLDER, System, system, write_slots
from appliance.update.trial import Standing
from appliance.update.tryboot import Firmware, Tryboot

KMSG = Path("/dev/kmsg")
NOTICE = "<3>gatepost: "  # of a level that an image's console shows: `loglevel=4` shows less than 4
ENDED = "ended"
MOST_ENDED = 2000  # bytes of it that are looked at

log = logging.getLogger(__name__)


def main() -> int:
    """Judge this boot and do what follows; exit 0 where there are no slots."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        runs = system()
        if runs is None:
            return 0
        begin(Shelf(FOLDER, Disk()), Tryboot(), runs, boot_name())
    except GatepostError as fault:
        log.error("%s", fault)  # noqa: TRY400  # one line
        return fault.exit_code
    except OSError as fault:
        log.error("%s: %s", fault.filename, fault.strerror)  # noqa: TRY400
        return StoreError.exit_code
    return 0


def begin(shelf: Shelf, firmware: Firmware, runs: System, boot: str) -> Act:
    """Write down what this boot means, tell it to all, and do it; what is done comes back.

    Raises:
        UpdateError: the backend does not say which slot runs.
        OSError: the card takes nothing; nothing was done.
    """
    slots = firmware.slots()
    write_slots(slots)
    ended = read_ended(shelf)
    made: list[Judgement] = []

    def step(standing: Standing) -> Standing:
        made[:] = [judge(standing, Boot(slots, runs.version, boot, ended))]
        return made[0].standing

    standing = shelf.change(step)
    if not slots.on_trial:
        forget_ended(shelf)
    tell(f"booted {slots.booted}, committed {slots.committed}: {standing.last or 'no update yet'}")
    act = made[0].act
    if act == "arm" and standing.trial is not None:
        firmware.arm(standing.trial.deployment.name)
    if act != "stay":
        firmware.reboot()
    return act


def read_ended(shelf: Shelf) -> str:
    """Why the last trial ended, as far as anybody could say; empty: nobody could."""
    try:
        with (shelf.folder / ENDED).open("rb") as file:
            lines = file.read(MOST_ENDED).decode("utf-8", "replace").split("\n")
    except OSError:
        return ""
    told = [line.strip() for line in lines if line.strip()]
    return f"{told[-1]} ({len(told)} times)" if len(told) > 1 else "".join(told)


def forget_ended(shelf: Shelf) -> None:
    """Another trial may begin."""
    path = shelf.folder / ENDED
    if path.exists():
        shelf.disk.remove(path)
        shelf.disk.sync(path.parent)


def tell(words: str) -> None:
    """To the journal, and to whoever watches the serial line."""
    log.info("%s", words)
    with suppress(OSError):
        KMSG.write_text(f"{NOTICE}{words}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
