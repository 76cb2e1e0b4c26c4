"""The release on trial, from within: it is good once it has shown that it does its work.

The rule to know: only the process that was started from the deployment on trial may say that it is
good.  Where that is not so within LIMIT_S it ends, and the launcher counts.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from appliance.errors import StalledError, StoreError
from appliance.health import Vitals
from appliance.update import trial
from appliance.update.disk import Disk
from appliance.update.images import forget
from appliance.update.launch import DEPLOYMENT
from appliance.update.shelf import Shelf
from appliance.update.trial import Evidence, Trial

HOLD_S = 60.0  # that nothing was lacking: a release that ends the process soon is not good
LIMIT_S = 900.0  # a broker that restarts, or a network that comes up late, has its time
MARK = "update_trial"

Store = Callable[[Mapping[str, int]], None]
"""Writes figures durably, or raises StoreError."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Probation:
    """A trial that goes on.

    Attributes:
        shelf: where it is remembered.
        trial: as the launcher has counted it.
        store: writes to the unit's database.
        monotonic: seconds; a test has its own.
    """

    shelf: Shelf
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
            self._commit()
        elif now - self.began_at >= LIMIT_S:
            self.shelf.change(partial(trial.note, why=why or "it was good for moments only"))
            raise StalledError(f"the release on trial is not good after {LIMIT_S:g} s: {why}")

    def _commit(self) -> None:
        """Where the card takes nothing the release stays on trial until the next turn."""
        try:
            standing = self.shelf.change(trial.commit)
        except OSError as fault:
            log.warning("a release that is good cannot be committed: %s", fault)
            return
        self.trial = None
        log.info("update: %s", standing.last)
        try:
            forget(self.shelf, standing)
        except OSError as fault:  # the next installation deletes it
            log.warning("an old release cannot be deleted: %s", fault)

    def _stores(self, on_trial: Trial) -> bool:
        try:
            self.store({MARK: on_trial.starts})
        except StoreError:
            return False
        return True


def probation(store: Store, environment: Mapping[str, str] = os.environ) -> Probation | None:
    """The trial that this process is, from its environment; None where it is none."""
    if DEPLOYMENT not in environment:
        return None
    place = Path(environment[DEPLOYMENT])
    shelf = Shelf(place.parents[1], Disk())
    on_trial = shelf.standing().trial
    if on_trial is None or on_trial.deployment.name != place.name:
        return None
    return Probation(shelf, on_trial, store)
