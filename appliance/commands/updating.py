"""What `gatepost update` does: what is offered, installing it, how it stands, going back.

The rule to know: nothing that runs is touched; the next start of the unit tries what was installed,
or starts what it went back to.  With slots it is the next boot (`slotting`).
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import datetime, timezone
from functools import partial
from typing import Any

from tqdm import tqdm

from appliance import __version__
from appliance.commands.slotting import NEXT_BOOT, reboot_when_quiet, roll_back_slot, told_slots
from appliance.config import Config, load_config
from appliance.errors import StoreError, UpdateError
from appliance.store.database import DATABASE, VERSION, schema_of
from appliance.transmit.messages import Topics
from appliance.transmit.trial import try_broker
from appliance.update import trial
from appliance.update.disk import Disk
from appliance.update.fetch import Progress
from appliance.update.install import (
    Offer,
    Unit,
    forced,
    install,
    look,
    place_for,
    unit_of,
)
from appliance.update.manifest import withdrawn
from appliance.update.origin import source_of
from appliance.update.progress import Report, desk, reporting
from appliance.update.rauc import Writing
from appliance.update.shelf import Shelf, sole_user
from appliance.update.signature import verify
from appliance.update.slots import folder_of, read_slots, system
from appliance.update.source import Source
from appliance.update.system import require_readable
from appliance.update.trial import Deployment, Standing
from appliance.update.trust import root_keys

AGAIN = "start the unit anew to try it: systemctl restart gatepost"


def check(asked: argparse.Namespace) -> int:
    """Say what is offered, or why nothing is."""
    config = load_config(asked.config)
    with sole_user(_shelf(config).folder):
        offer = _look(config, asked)
    _tell(offer)
    return 0


def install_release(asked: argparse.Namespace) -> int:
    """Fetch what is offered and put it on trial."""
    if asked.requested:
        standing = _install_requested(asked)
        if standing is None:
            print("nothing is asked for", file=sys.stderr)
            return 0
        print(standing.last, flush=True)
        slots = read_slots()
        if system() is not None and slots is not None and not slots.on_trial:
            reboot_when_quiet()
        return 0
    config = load_config(asked.config)
    bars = tqdm(unit="B", unit_scale=True, disable=None), tqdm(total=100, unit="%", disable=None)
    with bars[0], bars[1]:
        writing = partial(_show, bars[1], of=100)
        standing = _install(config, asked, partial(_show, bars[0]), writing)
    print(f"{standing.last}; {AGAIN if system() is None else NEXT_BOOT}")
    return 0


def _install_requested(asked: argparse.Namespace) -> Standing | None:
    """The same for the unit, which asks in a file and reads in another how far it is."""
    counter = desk()
    request = counter.take()
    if request is None:
        return None
    with reporting(counter, request.version) as report:
        counter.quiet.unlink(missing_ok=True)  # of an earlier one
        report.tell("download")
        config = load_config(asked.config)
        asked.version, asked.reached = request.version, request.reached
        writing = partial(report.tell, "install")
        standing = _install(config, asked, partial(_report, report), writing)
        report.tell("waiting")
    return standing


def _install(
    config: Config, asked: argparse.Namespace, progress: Progress, writing: Writing
) -> Standing:
    """Look, choose, fetch and put on trial, as nobody else does at the same time."""
    with sole_user(_shelf(config).folder):
        offer = _look(config, asked)
        choice = forced(offer, asked.version) if asked.force else offer.choice
        shelf = _shelf(config)
        if choice.name == "on trial" and asked.requested:
            return shelf.standing()  # asked for twice
        if choice.release is None:
            raise UpdateError(choice.name, choice.words)
        reached = reaches_broker(config) if asked.reached is None else asked.reached
        source = _source(config, asked)
        print(f"fetching {choice.release.version}", file=sys.stderr)
        try:
            return install(
                shelf,
                choice.release,
                offer.place,
                source,
                reached=reached,
                progress=progress,
                writing=writing,
            )
        except OSError as fault:
            raise StoreError(
                f"{fault.filename or shelf.folder}: {fault.strerror or fault}"
            ) from fault


def show_status(asked: argparse.Namespace) -> int:
    """What is good, what is on trial, and what failed."""
    config = load_config(asked.config)
    standing = _shelf(config).standing()
    place, known = place_for(_unit(config, ()), standing), read_slots()
    if asked.json:
        told = {"runs": place.version, "hardware": place.hardware, "platform": place.platform}
        slots = {"slots": known and asdict(known)} if system() else {}
        print(json.dumps(told | slots | asdict(standing)))
        return 0
    print(f"good: {place.version}{'' if standing.current else ', as it came with the system'}")
    print(f"system: {place.hardware}, {place.platform}")
    if system():
        print(told_slots(standing, known))
    if standing.previous:
        print(f"before that: {standing.previous.version}")
    if standing.trial:
        on_trial = standing.trial
        lost = f"{on_trial.lost} of them ended before it was good"
        count = f"{on_trial.starts} starts, {lost}"
        count = f"{on_trial.starts} starts in {on_trial.tries} tries" if on_trial.tries else count
        state = count if on_trial.starts else "not started yet"
        print(f"on trial: {on_trial.deployment.version}: {state}")
    for version, why in standing.failed.items():
        print(f"failed: {version}: {why}")
    print(f"last: {standing.last or 'nothing was ever installed'}")
    return 0


def roll_back(asked: argparse.Namespace) -> int:
    """Give up what is on trial, else go back to what was good before."""
    config = load_config(asked.config)
    shelf = _shelf(config)
    _expect_something(shelf.standing())  # before a folder is made where nothing was ever installed
    with sole_user(shelf.folder):
        standing = shelf.standing()
        _expect_something(standing)
        if system() is not None:
            reached = not standing.trial and reaches_broker(config)
            print(f"{roll_back_slot(shelf, reached=reached).last}; {NEXT_BOOT}")
            return 0
        if standing.trial is None:
            before = standing.previous or Deployment("", __version__, VERSION)
            require_readable(before, schema_of(config.store.folder / DATABASE))
        step = trial.give_up if standing.trial else trial.go_back
        standing = shelf.change(partial(step, why="a person went back"))
    print(f"{standing.last}; start the unit anew: systemctl restart gatepost")
    return 0


def _expect_something(standing: Standing) -> None:
    """What can be left."""
    if standing.trial is None and standing.current is None:
        raise UpdateError("none", "what runs came with the system: nothing to go back to")


def _look(config: Config, asked: argparse.Namespace) -> Offer:
    unit = _unit(config, root_keys(config.update))
    source, now = _source(config, asked), datetime.now(timezone.utc)
    try:
        return look(_shelf(config), unit, source, verify, now, asked.version)
    except OSError as fault:
        raise StoreError(
            f"{fault.filename or config.update.folder}: {fault.strerror or fault}"
        ) from fault


def _tell(offer: Offer) -> None:
    choice, runs = offer.choice, offer.place.version
    back = withdrawn(offer.manifest, runs)
    if back:
        print(f"{runs}, which runs, was withdrawn: {back}", file=sys.stderr)
    if choice.release is None:
        print(f"{runs} stays: {choice.words} ({choice.name})")
        return
    summary = f": {choice.release.summary}" if choice.release.summary else ""
    print(f"{choice.release.version} can be installed over {runs}{summary}")


def _unit(config: Config, roots: tuple[bytes, ...]) -> Unit:
    return unit_of(config.unit.id, config.update, roots, VERSION)


def _shelf(config: Config) -> Shelf:
    return Shelf(folder_of(config.update.folder), Disk())


def _source(config: Config, asked: argparse.Namespace) -> Source:
    return source_of(config.update, asked.folder)


def reaches_broker(config: Config) -> bool:
    """Whether the broker takes the unit in now; what is installed must manage that too."""
    if config.mqtt.host is None:
        return False
    return not try_broker(config.mqtt, Topics(config.unit.id, "")).why.text


def _report(report: Report, have: int, of: int) -> None:
    """All that came is unpacked, which takes a while."""
    if have < of:
        report.tell("download", 100 * have / of)
    else:
        report.tell("install")


def _show(bar: tqdm[Any], have: int, of: int) -> None:
    bar.total, bar.n = of, have
    bar.refresh()
