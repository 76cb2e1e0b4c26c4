"""A release on trial: good after it has shown its work for a while, at its end when it has not."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.errors import FullError, StalledError
from appliance.health import Health, Vitals
from appliance.update.launch import DEPLOYMENT
from appliance.update.probation import HOLD_S, LIMIT_S, Probation, probation
from appliance.update.shelf import sole_user
from appliance.update.source import FolderSource
from appliance.update.trial import LEAST_FRAMES
from tests.update.conftest import Device, Publisher

NONE = Health().snapshot()
SEEING = replace(NONE, frames=LEAST_FRAMES)


class Trying:
    """A unit on trial, and its clock."""

    def __init__(self, device: Device, place: Path) -> None:
        self.device, self.now, self.full, self.figures = device, 0.0, False, [0]
        made = probation(self.store, {DEPLOYMENT: str(place)})
        assert made is not None
        self.made = Probation(made.judge, made.trial, self.store, lambda: self.now)

    def store(self, figures: Mapping[str, int]) -> None:
        """As the unit's database does."""
        if self.full:
            raise FullError("full")
        self.figures += figures.values()

    def lasts(self, seconds: float, vitals: Vitals = SEEING, *, connected: bool = True) -> str:
        """After so many seconds, a turn each: what has become of the trial."""
        for _ in range(int(seconds)):
            self.now += 1
            self.made.turn(vitals, is_connected=connected)
        standing = self.device.shelf.standing()
        return "on trial" if standing.trial else standing.last


@pytest.fixture
def trying(publisher: Publisher, device: Device, source: FolderSource) -> Trying:
    """A release on trial whose broker was reached before."""
    publisher.release("1.1.0")
    device.install(source, reached=True)
    place = device.shelf.start("boot")
    assert place is not None
    return Trying(device, place)


def test_a_release_that_does_its_work_is_good(trying: Trying) -> None:
    """Once nothing has been lacking for HOLD_S, not before."""
    assert trying.lasts(HOLD_S) == "on trial"
    assert trying.lasts(2) == "1.1.0 is good, after 1 starts"
    assert trying.figures[-1] == 1
    assert trying.lasts(LIMIT_S, NONE, connected=False).startswith("1.1.0 is good")


@pytest.mark.parametrize(
    ("vitals", "connected", "why"),
    [(NONE, True, "0 frames seen"), (SEEING, False, "broker not reached")],
)
def test_a_release_that_does_not_ends_with_the_reason(
    trying: Trying, vitals: Vitals, connected: bool, why: str
) -> None:
    """After LIMIT_S, and the reason is there for whoever asks why it failed."""
    with pytest.raises(StalledError, match=why):
        trying.lasts(LIMIT_S + 1, vitals, connected=connected)
    assert trying.now == LIMIT_S
    for boot in ("boot", "boot"):
        trying.device.shelf.start(boot)
    assert why in trying.device.shelf.standing().failed["1.1.0"]


def test_a_release_that_cannot_store_is_not_good(trying: Trying) -> None:
    """Until it can: a card that is full for a while is not its fault."""
    trying.full = True
    assert trying.lasts(HOLD_S * 3) == "on trial"
    trying.full = False
    assert trying.lasts(HOLD_S + 2).endswith("is good, after 1 starts")


def test_a_broker_that_comes_and_goes_is_not_reached(trying: Trying) -> None:
    """The time counts from when it was reached last."""
    for _ in range(5):
        assert trying.lasts(HOLD_S - 1) == "on trial"
        assert trying.lasts(1, connected=False) == "on trial"


def test_what_takes_its_place_is_not_judged_by_it(
    trying: Trying, publisher: Publisher, device: Device, source: FolderSource
) -> None:
    """Else one that was never started would be good, and nobody would leave it if it crashes."""
    publisher.release("1.2.0")
    before = device.install(source)
    trying.made.judge.find_good()
    trying.made.judge.find_bad("nothing stored")
    assert trying.lasts(HOLD_S + 2) == "on trial"
    assert trying.lasts(LIMIT_S, NONE, connected=False) == "on trial"
    assert device.shelf.standing() == before
    assert (before.current, before.trial and before.trial.starts) == (None, 0)


@pytest.mark.parametrize("is_held", [True, False])
def test_what_an_updater_fetches_and_unpacks_is_not_deleted(
    trying: Trying, device: Device, is_held: bool
) -> None:
    """It holds the folder; where nobody does, what lies there is nobody's."""
    folder = device.shelf.folder
    (folder / "downloads").mkdir(exist_ok=True)
    coming = folder / "downloads" / "5e1f", folder / "images" / "5e1f.part"
    for each in coming:
        each.write_bytes(b"1")
    with sole_user(folder) if is_held else nullcontext():
        assert trying.lasts(HOLD_S + 2) == "1.1.0 is good, after 1 starts"
    assert [each.exists() for each in coming] == [is_held, is_held]


def test_only_the_release_on_trial_judges_itself(
    trying: Trying, device: Device, tmp_path: Path
) -> None:
    """What came with the system, or another deployment, has no say in it."""
    assert probation(trying.store, {}) is None
    other = device.shelf.folder / "deployments" / "1.0.0-other"
    assert probation(trying.store, {DEPLOYMENT: str(other)}) is None
    assert probation(trying.store, {DEPLOYMENT: str(tmp_path / "a" / "b")}) is None
