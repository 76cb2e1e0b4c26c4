"""The release on trial, from within: it is good once it has shown that it does its work.

The rule to know: only the process that was started from the deployment on trial may say that it is
good.  Where that is not so within LIMIT_S it ends, and the launcher counts.  With slots it says so
to root (`verdict`), which commits the slot, or boots the one before.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from appliance.errors import StalledError, StoreError
from appliance.health import Vitals
from appliance.update import trial
from appliance.update.disk import Disk
from appliance.update.images import forget
from appliance.update.launch import DEPLOYMENT
from appliance.update.shelf import Shelf, sole_user
from appliance.update.slots import FOLDER, read_slots
from appliance.update.trial import Evidence, Standing, Trial
from appliance.update.verdict import Spoken

HOLD_S = 60.0  # that nothing was lacking: a release that ends the process soon is not good
LIMIT_S = 900.0  # a broker that restarts, or a network that comes up late, has its time
MARK = "update_trial"

Store = Callable[[Mapping[str, int]], None]
"""Writes figures durably, or raises StoreError."""

log = logging.getLogger(__name__)


class Judge(Protocol):
    """Who hears what becomes of a trial; OSError where the card takes nothing."""

    def find_good(self) -> None:
        """Commit it, or ask for that."""

    def find_bad(self, why: str) -> None:
        """Remember what it lacks, for it is about to end."""

    def is_over(self) -> bool:
        """Whether it is committed."""


@dataclass(frozen=True, slots=True)
class Own:
    """The unit itself, where its releases are its own.

    Attributes:
        shelf: where they lie.
        name: of the deployment that this process is.  Another one may be put on trial meanwhile.
    """

    shelf: Shelf
    name: str

    def find_good(self) -> None:
        """Commit it, and delete what nobody goes back to."""
        self._change(trial.commit)
        try:
            with sole_user(self.shelf.folder):  # else it may be what an updater fetches or unpacks
                forget(self.shelf, self.shelf.standing())
        except StoreError as fault:
            log.warning("old releases stay until the next installation: %s", fault)

    def find_bad(self, why: str) -> None:
        """Remember what it lacks."""
        self._change(partial(trial.note, why=why))

    def is_over(self) -> bool:
        """Whether it is committed, given up by a person, or has made room for another one."""
        return not self._is_tried(self.shelf.standing())

    def _change(self, step: Callable[[Standing], Standing]) -> None:
        self.shelf.change(lambda each: step(each) if self._is_tried(each) else each)

    def _is_tried(self, standing: Standing) -> bool:
        return standing.trial is not None and standing.trial.deployment.name == self.name


@dataclass(slots=True)
class Probation:
    """A trial that goes on.

    Attributes:
        judge: hears what becomes of it.
        trial: as it was counted at the start.
        store: writes to the unit's database.
        monotonic: seconds; a test has its own.
    """

    judge: Judge
    trial: Trial | None
    store: Store
    monotonic: Callable[[], float] = time.monotonic
    began_at: float = field(init=False)
    good_from: float | None = field(default=None, init=False)
    has_stored: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        """Begin now."""
        self.began_at = self.monotonic()

    def turn(self, vitals: Vitals, *, is_connected: bool) -> None:
        """Look whether the release is good; cheap, for it is called every second.

        Args:
            vitals: of now.
            is_connected: the broker has taken the unit in, or there is none.

        Raises:
            StalledError: it is not good yet and had its time.
        """
        self._see_end()
        if self.trial is None:
            return
        now = self.monotonic()
        self.has_stored = self.has_stored or self._stores(self.trial)
        evidence = Evidence(vitals.frames, self.has_stored, is_connected)
        why = trial.lacking(self.trial, evidence)
        if why:
            self.good_from = None
        elif self.good_from is None:
            self.good_from = now
        if self.good_from is not None and now - self.good_from >= HOLD_S:
            self._commit(now)
        if self.trial is not None and now - self.began_at >= LIMIT_S:
            self.judge.find_bad(why or "it was good, and is not committed")
            raise StalledError(f"the release on trial is not good after {LIMIT_S:g} s: {why}")

    def _commit(self, now: float) -> None:
        """Where that cannot be done, or is not done by then, it is asked for again HOLD_S later."""
        self.good_from = now
        try:
            self.judge.find_good()
        except OSError as fault:
            log.warning("a release that is good cannot be committed: %s", fault)
        self._see_end()

    def _see_end(self) -> None:
        if self.trial is not None and self.judge.is_over():
            log.info("update: %s is on trial no more", self.trial.deployment.version)
            self.trial = None

    def _stores(self, on_trial: Trial) -> bool:
        try:
            self.store({MARK: on_trial.starts})
        except StoreError:
            return False
        return True


def probation(store: Store, environment: Mapping[str, str] = os.environ) -> Probation | None:
    """The trial that this process is, from its environment or its slot; None where it is none."""
    if DEPLOYMENT in environment:
        place = Path(environment[DEPLOYMENT])
        shelf, name = Shelf(place.parents[1], Disk()), place.name
    else:
        slots = read_slots()
        if slots is None or not slots.on_trial:
            return None
        shelf, name = Shelf(FOLDER, Disk()), slots.booted
    on_trial = shelf.standing().trial
    if on_trial is None or on_trial.deployment.name != name:
        return None
    judge = Own(shelf, name) if DEPLOYMENT in environment else Spoken(on_trial.deployment.version)
    return Probation(judge, on_trial, store)
