"""A release as a whole system: a bundle that RAUC writes into the slot that does not run.

The rule to know: the state is written first and the slot armed after it, and what a slot held is
forgotten before it is overwritten.  Then the next boot (`boot`) tries it, and `commit` ends that,
once the unit has said that its release does its work.

Nothing here needs more than root's name: RAUC's service does what needs devices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from appliance.errors import UpdateError
from appliance.update import trial
from appliance.update.boot import forget_ended
from appliance.update.images import forget
from appliance.update.judgement import put_on_trial
from appliance.update.manifest import Place, Release
from appliance.update.rauc import Installer, Writing
from appliance.update.shelf import Shelf
from appliance.update.slots import Slots, other, read_slots, write_slots
from appliance.update.trial import Deployment, Standing, Trial
from appliance.update.verdict import Verdict

KIND, REFUSED = "system", "bundle"


def require_home() -> Slots:
    """The slots, of which the committed one runs; else the other one is not free to be written.

    Raises:
        UpdateError: `slots`: nobody knows; `on trial`: what runs is not committed yet.
    """
    slots = read_slots()
    if slots is None:
        raise UpdateError("slots", "nobody has told which slot runs: see gatepost-slots.service")
    if slots.on_trial:
        told = f"slot {slots.booted} runs and {slots.committed} is still the committed one"
        raise UpdateError("on trial", f"{told}: once it is found good, or left")
    return slots


def install_bundle(
    shelf: Shelf,
    release: Release,
    place: Place,
    bundle: Path,
    rauc: Installer,
    *,
    reached: bool,
    writing: Writing = lambda _percent: None,
) -> Standing:
    """Write a bundle into the other slot and let the next boot try it; the file is deleted then.

    Args:
        shelf: of this unit.
        release: what the bundle is.
        place: that it was chosen for.
        bundle: fetched, as the manifest says.
        rauc: writes it.
        reached: whether the broker is reached now: then the release must reach it too.
        writing: told how far that is.

    Raises:
        UpdateError: `bundle`: it is another release, or RAUC refuses it; `rauc`: that is away.
        OSError: the card takes nothing.
    """
    slots = require_home()
    good = Deployment(slots.booted, place.version, place.reads)
    try:
        _require_same(rauc, bundle, release, place)
        _write(shelf, bundle, rauc, good, writing)
    except UpdateError as fault:
        if fault.name == REFUSED:  # what RAUC itself lacks is no reason to fetch it again
            shelf.disk.remove(bundle)
        told = f"{release.version} was not installed: {fault}"
        shelf.change(lambda standing: replace(standing, last=told))
        raise
    new = Trial(Deployment(other(slots.booted), release.version, release.reads), reached)
    standing = _arm(shelf, rauc, partial(put_on_trial, new=new), other=True)
    forget(shelf, standing)
    return standing


def commit(shelf: Shelf, rauc: Installer, verdict: Verdict) -> Standing:
    """Carry out what the unit has found of the slot that runs; again, it does nothing more.

    Raises:
        UpdateError: RAUC marks nothing, or the slot is not committed all the same.
        OSError: the card takes nothing; the next boot mends it.
    """
    slots, standing = read_slots(), shelf.standing()
    on_trial = standing.trial
    if slots is None or on_trial is None or on_trial.deployment.name != slots.booted:
        return standing
    if not slots.on_trial:
        return _committed(shelf, slots)
    if verdict.version != on_trial.deployment.version or not on_trial.starts:
        return standing
    if not verdict.good:
        standing = shelf.change(partial(trial.give_up, why=verdict.why))
        rauc.mark(good=False)
        return standing
    rauc.mark(good=True)
    if rauc.primary() != slots.booted:
        raise UpdateError("rauc", f"slot {slots.booted} is marked good, and is not committed")
    return _committed(shelf, Slots(slots.booted, slots.booted))


def go_back(shelf: Shelf, rauc: Installer, why: str, *, schema: int, reached: bool) -> Standing:
    """Give up what is on trial, else put the slot before on trial, as a person wants it.

    Args:
        shelf: of this unit.
        rauc: arms the slot.
        why: for whoever asks later.
        schema: of the database as it is: what comes must read it.
        reached: whether the broker is reached now.

    Raises:
        UpdateError: `none`: there is nothing to go back to; `schema`: it could not read.
    """
    if shelf.standing().trial:
        return give_up(shelf, rauc, why)
    before, slots = shelf.standing().previous, require_home()
    if before is None or before.name == slots.booted:
        raise UpdateError("none", f"slot {other(slots.booted)} holds nothing that was good")
    require_readable(before, schema)
    forget_ended(shelf)
    new = Trial(before, reached, leaves=why)
    return _arm(shelf, rauc, partial(put_on_trial, new=new), other=True)


def give_up(shelf: Shelf, rauc: Installer, why: str) -> Standing:
    """End a trial, also one that waits for its first boot; one that runs is left by the next.

    Raises:
        UpdateError: the slot is armed still, so it is on trial still: else it would be booted, and
            nobody would know that it was given up.
    """
    change, slots = partial(trial.give_up, why=why), read_slots()
    if slots is not None and slots.on_trial:  # the next boot is of the committed one anyway
        return shelf.change(change)
    return _arm(shelf, rauc, change, other=False)


def require_readable(before: Deployment, schema: int) -> None:
    """Raise UpdateError `schema` where a release could not read the database as it is."""
    if before.reads < schema:
        told = f"the database is of schema {schema}, {before.version} reads {before.reads} at most"
        raise UpdateError("schema", told)


def _arm(
    shelf: Shelf, rauc: Installer, change: Callable[[Standing], Standing], *, other: bool
) -> Standing:
    """The state, then the firmware's file; the state is as before where RAUC writes none."""
    before = shelf.standing()
    standing = shelf.change(change)
    try:
        rauc.arm(other=other)
    except UpdateError:
        shelf.change(lambda _: before)
        raise
    return standing


def _write(shelf: Shelf, bundle: Path, rauc: Installer, good: Deployment, writing: Writing) -> None:
    """Into the slot that does not run; until it is whole nothing boots it."""
    shelf.change(partial(_make_room, good=good))
    forget_ended(shelf)
    rauc.arm(other=False)
    rauc.install(bundle, writing)


def _require_same(rauc: Installer, bundle: Path, release: Release, place: Place) -> None:
    """RAUC has its say about the boards too, but only once it has mounted the bundle."""
    found = rauc.describe(bundle)
    if found.compatible != place.platform:
        raise UpdateError("bundle", f"it is for {found.compatible}, expected {place.platform}")
    if found.version != release.version:
        raise UpdateError("bundle", f"it holds {found.version}, expected {release.version}")


def _make_room(standing: Standing, good: Deployment) -> Standing:
    """The other slot is nothing to go back to from now on, and nothing on trial."""
    if standing.trial:
        standing = trial.give_up(standing, "another one was installed")
    return replace(standing, current=good, previous=None)


def _committed(shelf: Shelf, slots: Slots) -> Standing:
    standing = shelf.change(trial.commit)
    write_slots(slots)
    forget_ended(shelf)
    forget(shelf, standing)
    return standing
