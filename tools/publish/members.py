"""Ten thousand units in one process: each looks, fetches, tries, falls back, and loses its power.

The rule to know: what a unit may take and when a trial is over is decided by the unit's own code
(`manifest.choose`, `trial.start`); only time, links, power and faults are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

from appliance.update import trial
from appliance.update.install import KINDS
from appliance.update.manifest import Manifest, Place, Release, artefacts_for, choose
from appliance.update.probation import HOLD_S, LIMIT_S
from appliance.update.trial import Deployment, Standing

LOOK_H = 24.0  # between two looks at the manifest, as `update.check_hours` is by itself
CUTS_H = 30 * 24.0  # mean time between two power cuts
BOOT_H = 1 / 60  # until the unit sees again after one
RESTART_H = 20 / 3600  # the same after a start of the process
CRASH_H = 10 / 3600  # after which a release that crashes ends
AGAIN_H = 30 / 3600  # before a process that has ended is started again: RestartSec of the unit file
BYTES_S = 400_000, 1.5
"""Median of the links, and the spread of its logarithm: one in a hundred has 12 kB/s or less."""
BOARDS = ("raspberrypi-4-model-b",) * 4 + ("raspberrypi-5-model-b",)
PLATFORM = "linux-aarch64-cp311"
FIRST = "1.0.0"

Fault = Literal["none", "crash", "hang", "silent"]


@dataclass(slots=True)
class Totals:
    """What a roll-out cost, over all units.

    Attributes:
        tried: units that started the bad release.
        failed: that fell back from it.
        down_h: unit-hours in which a unit read nothing.
        wrong_h: unit-hours in which one did its work wrong, and nobody had noticed.
        fetched: bytes.
    """

    tried: int = 0
    failed: int = 0
    down_h: float = 0.0
    wrong_h: float = 0.0
    fetched: int = 0


@dataclass(slots=True)
class Member:
    """One unit.

    Attributes:
        place: what it is, for a manifest.
        bytes_s: of its link.
        standing: what it remembers.
        boot: counts its power cuts.
        due: number of the event that counts; what was planned before a power cut does not.
        coming: what it fetches or tries; None: it looks for something new.
    """

    place: Place
    bytes_s: float
    standing: Standing = field(default_factory=Standing)
    boot: int = 0
    due: int = 0
    coming: Release | None = None

    @property
    def version(self) -> str:
        """That is good."""
        return self.standing.current.version if self.standing.current else FIRST

    def chosen(self, manifest: Manifest) -> Release | None:
        """What it is to install now."""
        now = replace(self.place, version=self.version, failed=self.standing.failed)
        return choose(manifest, now).release

    def fetch_h(self, release: Release, totals: Totals) -> float:
        """Hours that a download takes."""
        size = sum(each.size for each in artefacts_for(release, self.place))
        totals.fetched += size
        return size / self.bytes_s / 3600

    def install(self, release: Release) -> None:
        """Put it on trial."""
        new = Deployment(release.version, release.version, release.reads)
        self.standing = trial.put_on_trial(self.standing, new, reached=True)

    def start(self) -> str:
        """Start anew; gives the version that starts."""
        self.standing = trial.start(self.standing, str(self.boot))
        begun = self.standing.starts_with
        return begun.version if begun else FIRST


def members(count: int, random: Random) -> list[Member]:
    """A fleet."""
    fleet = []
    for number in range(count):
        board = random.choice(BOARDS)
        place = Place(f"unit-{number}", "gatepost", board, PLATFORM, KINDS, FIRST, reads=1)
        median, spread = BYTES_S
        fleet.append(Member(place, median * random.lognormvariate(0, spread)))
    return fleet


def trial_h(fault: Fault) -> float:
    """Hours from a start of a release to its verdict, or to the start after its end."""
    times = {"crash": CRASH_H + AGAIN_H, "hang": LIMIT_S / 3600 + AGAIN_H}
    return times.get(fault, HOLD_S / 3600 + RESTART_H)
