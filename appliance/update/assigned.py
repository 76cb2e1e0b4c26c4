"""From an action of hawkBit's to a release on trial.

The rule to know: hawkBit says when, the signed manifest says what.  An assignment is somebody's
decision for this very unit, so the manifest's own roll-out (its stage, its pause) is passed over.
What makes a release unfit stands, and so does that it failed here before.  A soft assignment is
fetched at once and installed in the hours that the unit's owner gives (`update.window`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from appliance.errors import SourceError, UpdateError
from appliance.update.account import Account
from appliance.update.ddi import DeploymentBase, Execution, Link
from appliance.update.feedback import All, Feedback, download_of
from appliance.update.fetch import Progress
from appliance.update.hawkbit import Assignment
from appliance.update.install import Unit, fetch_release, forced, look
from appliance.update.keys import Verify
from appliance.update.manifest import Artefact, Choice, Place, Release, artefacts_for
from appliance.update.progress import CanceledError, Phase
from appliance.update.rauc import Writing
from appliance.update.shelf import Shelf
from appliance.update.source import Source

WATCH_S = 60.0  # between two looks whether it was cancelled, while it is fetched
QUARTERS = (25, 50, 75)

Install = Callable[[Release, Place, Source, Writing], object]
"""Unpacks a release that was fetched, and puts it on trial; tells how much is written."""
GiveUp = Callable[[str], object]
"""Takes back a trial that has not begun, for a reason in words."""
Reports = Callable[[str], AbstractContextManager[Feedback]]
"""Who hears of it on the unit, while a version is installed."""


@dataclass(frozen=True, slots=True)
class Here:
    """This unit, as far as one turn needs it.

    Attributes:
        shelf: where releases lie.
        unit: who it is.
        verify: checks a signature.
        now: wall-clock time.
        install: what is done with a release.
        give_up: what is done with a trial that is not wanted any more.
        reports: who hears of it here.
        described: what the server is told of the unit.
        is_due: now are the owner's hours for what may be put off.
        monotonic: seconds; a test has its own.
    """

    shelf: Shelf
    unit: Unit
    verify: Verify
    now: datetime
    install: Install
    give_up: GiveUp
    reports: Reports
    described: Mapping[str, str]
    is_due: bool = True
    monotonic: Callable[[], float] = time.monotonic


def deploy(here: Here, account: Account, wanted: DeploymentBase, link: Link) -> None:
    """Do as much of an action as the server wants now.

    Args:
        here: this unit.
        account: the action is open in it.
        wanted: the action.
        link: that led to it; another one means that it has changed.

    Raises:
        UpdateError: it is not to be trusted, or not for this unit; or `CanceledError`.
        SourceError: the server is away; the next turn goes on.
        OSError: the card takes nothing.
    """
    source = Assignment(account.server, wanted)
    version, handling = source.version, wanted.deployment
    if handling.download == "skip":
        account.wait(link, "scheduled", f"{version} is not to be fetched yet")
    elif _is_at_another(here.shelf, version):
        account.tell("scheduled", "scheduled", f"{version} follows when the trial here is over")
    else:
        offer = look(here.shelf, here.unit, source, here.verify, here.now, version)
        release = _chosen(account, forced(offer, version), offer.place, source)
        put_off = handling.update == "attempt" and not here.is_due
        if release and (put_off or handling.update == "skip"):
            account.note(version=version)
            _fetch(here, account, release, offer.place, source, _Distant(account))
            account.wait(link, "downloaded", f"{version} is here", put_off=put_off)
        elif release:
            account.note(version=version)
            _install(here, account, release, offer.place, source)


def _install(here: Here, account: Account, release: Release, place: Place, source: Source) -> None:
    """Fetch it and put it on trial; hawkBit and the unit hear the same."""
    with here.reports(release.version) as report:
        listener = All((report, _Distant(account)))
        _fetch(here, account, release, place, source, listener)
        listener.tell("install")
        _require_wanted(account)
        here.install(release, place, source, partial(listener.tell, "install"))
        account.note(version=release.version, installed=True)
        listener.tell("waiting")


def _fetch(
    here: Here,
    account: Account,
    release: Release,
    place: Place,
    source: Source,
    listener: Feedback,
) -> None:
    listener.tell("download")
    progress = _watched(download_of(listener), account, here.monotonic)
    fetch_release(here.shelf, release, place, source, progress)


def _chosen(account: Account, choice: Choice, place: Place, source: Assignment) -> Release | None:
    """The release to install; None where nothing is left to do.

    Raises:
        UpdateError: it is not for this unit, or failed here before; or a file of it is missing.
    """
    version = source.version
    if choice.name == "installed":
        account.close(f"{version} runs already", is_good=True)
        return None
    if choice.name == "on trial":  # the power went before that was remembered
        account.note(version=version, installed=True)
        return None
    if choice.release is None:
        raise UpdateError(choice.name, choice.words)
    if version in place.failed:
        raise UpdateError("failed", f"{version}: {place.failed[version]}")
    for each in artefacts_for(choice.release, place):
        _require_brought(each, source.size(each.sha256), account.shelf)
    return choice.release


def _require_brought(artefact: Artefact, size: int | None, shelf: Shelf) -> None:
    """Raise UpdateError where an image is neither here nor among hawkBit's files, or is another."""
    if size == artefact.size or shelf.image(artefact.sha256).exists():
        return
    told = f"{size} bytes" if size is not None else "missing"
    expected = f"expected the artefact {artefact.sha256} of {artefact.size} bytes"
    raise UpdateError("assignment", f"{artefact.kind} is {told}, {expected}")


def _is_at_another(shelf: Shelf, version: str) -> bool:
    """Whether a release is on trial that is not this one, and was started."""
    on_trial = shelf.standing().trial
    return bool(on_trial and on_trial.starts and on_trial.deployment.version != version)


def _watched(progress: Progress, account: Account, monotonic: Callable[[], float]) -> Progress:
    """The same, which looks now and then whether the action is wanted still."""
    looked_at = monotonic()

    def watched(have: int, of: int) -> None:
        nonlocal looked_at
        progress(have, of)
        if monotonic() - looked_at >= WATCH_S:
            _require_wanted(account)
            looked_at = monotonic()

    return watched


def _require_wanted(account: Account) -> None:
    """Raise CanceledError where the server says so; one that is away says nothing."""
    with suppress(SourceError):
        base, _ = account.server.poll()
        if base and not base.links.deployment:
            raise CanceledError


@dataclass(frozen=True, slots=True)
class _Distant:
    """hawkBit, as one who hears how an update goes; seldom, for it keeps a thousand reports."""

    account: Account

    def tell(self, phase: Phase, percent: float | None = None, why: str = "") -> None:
        """Tell that a phase begins, and each quarter of the download; a failure the turn tells."""
        _ = why
        version = self.account.memory.version
        if phase == "install":
            self._tell("downloaded", "downloaded", f"{version} is here")
        elif phase == "waiting":
            self._tell("waiting", "proceeding", f"{version} waits for its first start")
        elif phase == "download":
            self._tell("download", "download", f"{version} is fetched")
            for quarter in QUARTERS:
                if percent is not None and percent >= quarter:
                    self._tell(f"{quarter} %", "proceeding", f"{quarter} % of {version} is here")

    def _tell(self, word: str, execution: Execution, told: str) -> None:
        if not self.account.tell(word, execution, told):
            raise CanceledError
