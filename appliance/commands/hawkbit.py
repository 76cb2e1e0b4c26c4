"""What `gatepost update hawkbit` does: one turn with the server that `[update.hawkbit]` names.

The rule to know: it ends within moments where nothing is wanted, so that a timer can start it, and
no process lies in memory between two turns.  The timer starts it as `python -m
appliance.commands.hawkbit`, which takes half of what `gatepost` does: what only an installation
needs is imported then.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import partial
from importlib import import_module
from pathlib import Path

from appliance.config import Config, load_config
from appliance.errors import ConfigurationError, GatepostError
from appliance.store.database import VERSION
from appliance.update import trial
from appliance.update.assigned import Here
from appliance.update.disk import Disk
from appliance.update.hawkbit import HawkbitServer
from appliance.update.install import Unit, install, place_for, unit_of
from appliance.update.manifest import Place, Release
from appliance.update.pace import Pace, read_pace, since_boot_s, write_pace
from appliance.update.progress import desk, reporting
from appliance.update.rauc import Rauc, Writing
from appliance.update.shelf import Shelf, sole_user
from appliance.update.signature import verify
from appliance.update.slots import folder_of, read_slots, system
from appliance.update.source import Source
from appliance.update.system import give_up
from appliance.update.trial import Standing
from appliance.update.trust import root_keys
from appliance.update.turn import take_turn
from appliance.update.window import is_due
from appliance.weekly import parse_span


def main() -> int:
    """A turn for the timer, without the other commands."""
    parser = argparse.ArgumentParser(description=turn.__doc__)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--timely", action="store_true")
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        return turn(parser.parse_args())
    except GatepostError as fault:
        print(fault, file=sys.stderr)
        return fault.exit_code


def turn(asked: argparse.Namespace) -> int:
    """Hear what hawkBit wants, do it, and tell what became of it."""
    config = load_config(asked.config)
    hawkbit = config.update.hawkbit
    if hawkbit is None and asked.timely:
        return 0  # only a word of it stands in the settings
    if hawkbit is None:
        raise ConfigurationError("update.hawkbit is missing: expected a table [update.hawkbit]")
    folder = desk().folder
    pace = read_pace(folder, hawkbit.url)
    if asked.timely and since_boot_s() < pace.due_s:
        return 0
    unit = unit_of(config.unit.id, config.update, root_keys(config.update), VERSION)
    server = HawkbitServer(hawkbit, config.unit.id, config.update.ca_file)
    shelf = Shelf(folder_of(config.update.folder), Disk())
    with _booting_what_is_new(shelf), sole_user(shelf.folder):
        base, etag = take_turn(_here(config, unit, shelf), server, pace.etag)
        sleep_s = base.sleep_s if base else pace.sleep_s
        write_pace(folder, Pace(hawkbit.url, etag, sleep_s, since_boot_s() + sleep_s))
        print(shelf.standing().last or "nothing was ever installed", flush=True)
    return 0


@contextmanager
def _booting_what_is_new(shelf: Shelf) -> Iterator[None]:
    """With slots: try what is installed meanwhile, also where the server went away after that."""
    before = shelf.standing().trial
    try:
        yield
    finally:
        if shelf.standing().trial not in {before, None} and system() is not None:
            import_module("appliance.commands.slotting").reboot_when_quiet()


def attributes_of(unit: Unit, standing: Standing) -> dict[str, str]:
    """What hawkBit is told of the unit: what runs on what; nothing of what it sees, or where."""
    place, slots = place_for(unit, standing), read_slots()
    before = standing.previous.version if standing.previous else ""
    told = {"version": place.version, "hardware": place.hardware, "platform": place.platform}
    told |= {"product": place.product, "previous": before}
    if system() is not None and slots is not None:
        told |= {"booted": slots.booted, "committed": slots.committed}
    return told


def _here(config: Config, unit: Unit, shelf: Shelf) -> Here:
    return Here(
        shelf=shelf,
        unit=unit,
        verify=verify,
        now=datetime.now(timezone.utc),
        install=partial(_install, config, shelf),
        give_up=partial(_give_up, shelf),
        reports=partial(reporting, desk(), is_alone=True),
        described=attributes_of(unit, shelf.standing()),
        is_due=is_due(parse_span(config.update.window), config.unit.id, datetime.now()),  # noqa: DTZ005  # the owner's
    )


def _install(
    config: Config,
    shelf: Shelf,
    release: Release,
    place: Place,
    source: Source,
    writing: Writing,
) -> Standing:
    """Where the broker is reached now the release must reach it too."""
    desk().quiet.unlink(missing_ok=True)  # of an earlier one
    reached = import_module("appliance.commands.updating").reaches_broker(config)
    return install(shelf, release, place, source, reached=reached, writing=writing)


def _give_up(shelf: Shelf, why: str) -> Standing:
    """What waits for its first start; with slots the next boot is of the committed one again."""
    if system() is not None:
        return give_up(shelf, Rauc(), why)
    return shelf.change(partial(trial.give_up, why=why))


if __name__ == "__main__":
    sys.exit(main())
