"""`gatepost provision`: takes the settings over that somebody put onto the boot partition.

The rule to know: systemd runs it as root before the unit at each start; without anything new it
does nothing, and a fault leaves the unit what it had.  The unit waits for it, so systemd starts it
as `python -m appliance.commands.provision`, without the other commands: a sixth of the time.
"""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from appliance.capture.lamp import LEDS
from appliance.commands.command import Command
from appliance.errors import ConfigurationError, GatepostError, StoreError
from appliance.provision.beacon import show
from appliance.provision.boot import BROUGHT, Boot
from appliance.provision.disk import Disk
from appliance.provision.importing import provision
from appliance.provision.settings import FOLDER, Settings

BOOT = Path("/boot/firmware")
LED = LEDS / "gatepost:green:status"

log = logging.getLogger(__name__)


def main() -> int:
    """Take over what is new, without the other commands."""
    parser = argparse.ArgumentParser(description=take_over.__doc__)
    _add_options(parser)
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    try:
        return take_over(parser.parse_args())
    except GatepostError as fault:
        print(fault, file=sys.stderr)
        return fault.exit_code


def add_commands(commands: Any, command: Command) -> None:  # noqa: ANN401  # argparse keeps it private
    """Add `provision` to the commands."""
    purpose = "take settings over from the boot partition"
    _add_options(command(commands, "provision", take_over, purpose))


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--boot", type=Path, default=BOOT, metavar="DIR", help=f"default: {BOOT}")
    told = f"default: {FOLDER}"
    parser.add_argument("--into", type=Path, default=FOLDER, metavar="DIR", help=told)
    led = "of the status LED, below /sys/class/leds"
    parser.add_argument("--led", type=Path, default=LED, metavar="DIR", help=led)
    told = "say what would be taken over, or every fault, and change nothing; for a computer too"
    parser.add_argument("--dry-run", action="store_true", help=told)


def take_over(asked: argparse.Namespace) -> int:
    """Take over what is new; a fault is told in a file there, by the LED, and as the error."""
    if asked.dry_run:
        try:
            return _rehearse(asked)
        except OSError as fault:
            raise _unusable(asked.boot, fault) from fault
    boot, into = Boot(asked.boot, Disk()), asked.into.resolve()
    try:
        with _sole(into):
            changes = provision(boot, Settings(into, Disk()))
        boot.tell(())
    except ConfigurationError as fault:
        show(asked.led, is_faulty=True)
        _tell(boot, str(fault))
        raise
    except OSError as fault:
        show(asked.led, is_faulty=True)
        raise _unusable(asked.boot, fault) from fault
    show(asked.led, is_faulty=False)
    print("\n".join(changes) or "nothing new")
    return 0


def _rehearse(asked: argparse.Namespace) -> int:
    """The same with copies of both folders, which are gone afterwards."""
    with TemporaryDirectory(prefix="gatepost-") as place:
        boot, into = Path(place, "boot"), Path(place, "into")
        boot.mkdir()
        for name in BROUGHT:
            if (asked.boot / name).is_file():
                shutil.copyfile(asked.boot / name, boot / name)
        if asked.into.is_dir():
            shutil.copytree(asked.into, into, symlinks=True)
        into.mkdir(exist_ok=True)
        changes = provision(Boot(boot, Disk()), Settings(into, Disk()))
    print("\n".join(changes) or "nothing new")
    return 0


def _unusable(boot: Path, fault: OSError) -> StoreError:
    return StoreError(f"{fault.filename or boot}: {fault.strerror or fault}")


def _tell(boot: Boot, faults: str) -> None:
    try:
        boot.tell(faults.splitlines())
    except OSError as fault:
        log.warning("%s: the faults cannot be written there: %s", boot.folder, fault.strerror)


@contextmanager
def _sole(folder: Path) -> Iterator[None]:
    """Wait for another of these commands to end."""
    number = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


if __name__ == "__main__":
    sys.exit(main())
