"""Releases as whole systems, on a simulated unit: installed, tried, committed, left, refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.errors import UpdateError
from appliance.update import system
from appliance.update.fakeboard import Root
from appliance.update.judgement import MOST_TRIES
from appliance.update.slots import read_slots
from appliance.update.source import FolderSource
from tests.update.conftest import Publisher
from tests.update.slotted import COMPATIBLE, NEW, OLD, SlotUnit, bundle_release
from tools.publish.signing import PrivateKey


@pytest.fixture
def unit(tmp_path: Path, keys: dict[str, PrivateKey], monkeypatch: pytest.MonkeyPatch) -> SlotUnit:
    """Runs OLD from slot A; slot B is empty."""
    monkeypatch.setenv("GATEPOST_RUN", str(tmp_path / "run"))
    made = SlotUnit(tmp_path / "updates", tmp_path / "run", keys)
    made.live(orderly=False)
    return made


def offered(publisher: Publisher, version: str = NEW, fault: str = "") -> FolderSource:
    """A source with a release that behaves so."""
    bundle_release(publisher, version, Root(COMPATIBLE, version, fault))
    return FolderSource(publisher.site.folder)


def test_a_good_release_is_tried_and_committed(unit: SlotUnit, publisher: Publisher) -> None:
    """With one boot; the bundle is deleted, and the slot before is the one to go back to."""
    unit.install(offered(publisher), reached=True)
    assert unit.board.history[-2:] == ["write the end of B", "arm B"]
    assert not list((unit.folder / "downloads").iterdir())
    unit.reboot()
    assert (unit.version, unit.board.committed, unit.boots) == (NEW, "B", 2)
    standing = unit.standing
    assert standing.last == f"{NEW} is good, after 1 starts"
    assert (standing.current and standing.current.name) == "B"
    assert (standing.previous and standing.previous.version) == OLD
    slots = read_slots()
    assert slots is not None
    assert not slots.on_trial


def test_what_is_armed_is_remembered_before(unit: SlotUnit, publisher: Publisher) -> None:
    """Whoever reboots right then boots a trial that is counted, and whose broker is asked for."""
    armed: list[bool] = []

    def step(name: str) -> None:
        if name == "arm B":
            on_trial = unit.standing.trial
            armed.append(on_trial is not None and on_trial.reached)

    unit.board.step = step
    unit.install(offered(publisher), reached=True)
    assert armed == [True]


def test_what_ended_an_earlier_trial_fails_no_later_one(
    unit: SlotUnit, publisher: Publisher
) -> None:
    """Also where the power went before it could be forgotten."""
    (unit.folder / "ended").write_text("the unit ended: exit-code, exited 1\n")
    unit.install(offered(publisher))
    unit.cut()
    assert (unit.version, unit.standing.failed) == (NEW, {})


@pytest.mark.parametrize(
    ("fault", "boots", "why"),
    [
        ("crash", 2, "the unit ended: crash"),
        ("mute", 2, "the unit ended: mute"),
        ("silent", 2, "silent"),
        ("hang", 2 * MOST_TRIES, f"{MOST_TRIES} starts in {MOST_TRIES} tries, each cut off"),
        ("initramfs", 2 * MOST_TRIES, f"was never started in {MOST_TRIES} tries"),
    ],
)
def test_a_bad_release_is_left(
    unit: SlotUnit, publisher: Publisher, fault: str, boots: int, why: str
) -> None:
    """By itself, after so many boots, with the reason, and it is not offered again."""
    source = offered(publisher, fault=fault)
    unit.install(source)
    before = unit.boots
    unit.reboot()
    assert (unit.version, unit.board.committed) == (OLD, "A")
    assert unit.boots - before == boots
    assert unit.standing.failed[NEW].startswith(why)
    assert unit.look(source).choice.name == "failed"
    unit.cut()
    assert (unit.version, unit.standing.trial) == (OLD, None)


def test_a_flag_that_gets_lost_fails_no_release(unit: SlotUnit, publisher: Publisher) -> None:
    """As on a Pi 4 (raspberrypi/firmware #2038): it is armed again."""
    unit.install(offered(publisher))
    unit.board.loses = MOST_TRIES - 1
    unit.reboot()
    assert (unit.version, unit.board.committed, unit.standing.failed) == (NEW, "B", {})


def test_what_is_on_trial_is_not_overwritten_nor_is_what_is_committed(
    unit: SlotUnit, publisher: Publisher
) -> None:
    """While slot B is on trial the other one is the committed one: nothing is installed."""
    source = offered(publisher)

    def meanwhile() -> None:
        offer = unit.look(offered(publisher, "1.3.0"))
        assert offer.choice.release is not None
        with pytest.raises(UpdateError, match="slot B runs and A is still the committed one"):
            unit.install(source)

    unit.before_commit = meanwhile
    unit.install(source)
    unit.reboot()
    assert unit.board.committed == "B"


def test_another_release_takes_the_place_of_one_that_waits(
    unit: SlotUnit, publisher: Publisher
) -> None:
    """Which is not armed any more while its slot is written, and has not failed."""
    unit.install(offered(publisher))
    unit.install(offered(publisher, "1.3.0"))
    assert unit.board.history[-7:-5] == ["arm A", "write 1/4 of B"]
    unit.reboot()
    assert (unit.version, unit.standing.failed) == ("1.3.0", {})


@pytest.mark.parametrize(
    ("root", "why"),
    [
        (Root(COMPATIBLE, NEW, signer="a stranger"), "signature verification failed"),
        (Root("gatepost-rpi5", NEW), "it is for gatepost-rpi5, expected gatepost-qemu-arm64"),
        (Root(COMPATIBLE, "1.0.0"), "it holds 1.0.0, expected 1.2.0"),
    ],
)
def test_a_bundle_that_is_another_one_is_refused(
    unit: SlotUnit, publisher: Publisher, root: Root, why: str
) -> None:
    """Though the manifest vouches for its bytes; nothing is written, and the file is deleted."""
    bundle_release(publisher, NEW, root)
    before = list(unit.board.history)
    with pytest.raises(UpdateError, match=why) as refused:
        unit.install(FolderSource(publisher.site.folder))
    assert refused.value.name == "bundle"
    assert unit.board.history == before
    assert not list((unit.folder / "downloads").iterdir())
    assert unit.standing.last.startswith(f"{NEW} was not installed: bundle: ")


def test_a_slot_that_holds_something_else_is_left(unit: SlotUnit, publisher: Publisher) -> None:
    """What boots must be what was put on trial."""
    unit.install(offered(publisher))
    unit.board.roots["B"] = Root(COMPATIBLE, "9.9.9")
    unit.reboot()
    assert (unit.version, unit.board.committed) == (OLD, "A")
    assert unit.standing.failed == {NEW: "slot B holds 9.9.9, expected 1.2.0"}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"writes": 2}, "schema"),
        ({"withdrawn": "burns"}, "withdrawn"),
        ({"hardware": ["raspberrypi-5-model-b"]}, "hardware"),
        ({"least": "1.1.1"}, "least"),
    ],
)
def test_what_does_not_fit_is_not_taken(
    unit: SlotUnit, publisher: Publisher, change: dict[str, object], name: str
) -> None:
    """By the same names as for a stock system."""
    bundle_release(publisher, "2.0.0", **change)
    assert unit.look(FolderSource(publisher.site.folder)).choice.name == name


def test_a_release_of_stock_systems_holds_nothing_for_one_with_slots(
    unit: SlotUnit, publisher: Publisher
) -> None:
    """And the other way round."""
    publisher.release(NEW)
    assert unit.look(FolderSource(publisher.site.folder)).choice.name == "platform"


def test_an_older_release_is_not_taken(unit: SlotUnit, publisher: Publisher) -> None:
    """Also where it is asked for by name."""
    unit.install(offered(publisher, "1.9.0"))
    unit.reboot()
    source = offered(publisher, "1.8.0")
    assert unit.look(source, "1.8.0").choice.name == "downgrade"


def gone_back(unit: SlotUnit, schema: int = 1) -> None:
    """As `gatepost update rollback`, and the reboot after it."""
    system.go_back(unit.shelf, unit.rauc, "upside down", schema=schema, reached=False)
    unit.reboot()


def test_a_person_goes_back_to_the_slot_before(unit: SlotUnit, publisher: Publisher) -> None:
    """Which has to show that it is good; then the release that was left is not offered again."""
    source = offered(publisher)
    unit.install(source)
    unit.reboot()
    gone_back(unit)
    assert (unit.version, unit.board.committed) == (OLD, "A")
    assert unit.standing.failed == {NEW: "upside down"}
    assert unit.look(source).choice.name == "failed"
    with pytest.raises(UpdateError, match="slot B holds nothing that was good"):
        gone_back(unit)


def test_going_back_to_what_is_not_good_any_more_changes_nothing(
    unit: SlotUnit, publisher: Publisher
) -> None:
    """What runs stays, and has not failed."""
    unit.install(offered(publisher))
    unit.reboot()
    unit.board.roots["A"] = Root(COMPATIBLE, OLD, "silent")
    gone_back(unit)
    assert (unit.version, unit.board.committed) == (NEW, "B")
    assert unit.standing.failed == {OLD: "silent"}


def test_nobody_goes_back_to_what_could_not_read_the_database(
    unit: SlotUnit, publisher: Publisher
) -> None:
    """Or what it had recorded would be out of reach."""
    unit.install(offered(publisher))
    unit.reboot()
    with pytest.raises(UpdateError, match=r"schema 2, 1\.1\.0 reads 1 at most"):
        gone_back(unit, schema=2)


def test_a_person_takes_back_what_waits(unit: SlotUnit, publisher: Publisher) -> None:
    """The next boot is as always, and the release may be installed again."""
    source = offered(publisher)
    unit.install(source)
    gone_back(unit)
    assert (unit.version, unit.standing.failed) == (OLD, {})
    unit.install(source)
    unit.reboot()
    assert unit.version == NEW


def test_what_cannot_be_taken_back_is_on_trial_still(unit: SlotUnit, publisher: Publisher) -> None:
    """RAUC is away: the slot is armed, and its boot is counted and known for what it is."""

    def step(name: str) -> None:
        if name == "arm A":
            raise UpdateError("rauc", "no answer within 120 s")

    unit.install(offered(publisher))
    before = unit.standing
    unit.board.step = step
    with pytest.raises(UpdateError, match="no answer"):
        system.go_back(unit.shelf, unit.rauc, "enough", schema=1, reached=False)
    assert (unit.standing, unit.board.armed) == (before, True)


def test_what_cannot_be_armed_is_not_on_trial(unit: SlotUnit, publisher: Publisher) -> None:
    """It is told as failed, so no later boot may try it unannounced; the next attempt may."""

    def step(name: str) -> None:
        if name == "arm B":
            raise UpdateError("rauc", "no answer within 120 s")

    source = offered(publisher)
    unit.board.step = step
    with pytest.raises(UpdateError, match="no answer"):
        unit.install(source)
    unit.board.step = lambda _name: None
    unit.reboot()
    assert (unit.version, unit.standing.trial, unit.standing.failed) == (OLD, None, {})
    unit.install(source)
    unit.reboot()
    assert unit.version == NEW


@pytest.mark.parametrize(("name", "kept"), [("rauc", True), ("bundle", False)])
def test_only_what_is_refused_is_fetched_again(
    unit: SlotUnit, publisher: Publisher, name: str, *, kept: bool
) -> None:
    """RAUC that is away, or falls silent, says nothing about hundreds of megabytes."""

    def step(what: str) -> None:
        if what == "write 1/4 of B":
            raise UpdateError(name, "it stopped")

    unit.board.step = step
    with pytest.raises(UpdateError, match="it stopped"):
        unit.install(offered(publisher))
    assert [each.is_file() for each in (unit.folder / "downloads").iterdir()] == [True] * kept


def test_a_person_gives_up_what_is_being_tried(unit: SlotUnit, publisher: Publisher) -> None:
    """Nothing is armed by that: the next boot is of the committed slot."""

    def meanwhile() -> None:
        system.go_back(unit.shelf, unit.rauc, "enough", schema=1, reached=False)

    unit.before_commit = meanwhile
    unit.install(offered(publisher))
    unit.reboot()
    assert (unit.version, unit.board.committed) == (OLD, "A")
    assert unit.standing.failed == {NEW: "enough"}


def test_a_committed_slot_that_is_lost_is_made_up_for(unit: SlotUnit, publisher: Publisher) -> None:
    """The firmware boots the other one, which nobody put on trial: good, it is committed."""
    unit.install(offered(publisher))
    unit.reboot()
    unit.board.roots["B"], unit.board.walks = None, True
    unit.cut()
    assert (unit.board.committed, unit.standing.last) == ("A", "1.1.0 is good, after 1 starts")
