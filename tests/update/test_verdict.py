"""What the unit finds of the slot on trial, and root's taking it: a file between two users."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from appliance.errors import StalledError, StoreError
from appliance.health import Health
from appliance.transmit.messages import Topics
from appliance.transmit.release import Report, release
from appliance.update import probation as probations
from appliance.update import verdict
from appliance.update.disk import Disk
from appliance.update.judgement import Boot, judge, put_on_trial
from appliance.update.probation import HOLD_S, LIMIT_S, Probation, probation
from appliance.update.shelf import Shelf
from appliance.update.slots import Slots, write_slots
from appliance.update.trial import LEAST_FRAMES, Deployment, Standing, Trial
from appliance.update.verdict import Verdict

GOOD = Verdict("1.2.0", good=True)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In place of /run/gatepost."""
    monkeypatch.setenv("GATEPOST_RUN", str(tmp_path))
    (tmp_path / "gatepost").mkdir()
    return tmp_path / "gatepost"


def test_what_is_told_is_taken_once() -> None:
    """And nothing where nothing was told."""
    assert verdict.take() is None
    verdict.tell(GOOD)
    assert (verdict.take(), verdict.take()) == (GOOD, None)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 1}', "[" * 5000, "\0"])
def test_nonsense_is_taken_away(folder: Path, content: str) -> None:
    """Else it would start root's service again and again."""
    (folder / "update-verdict").write_text(content)
    assert verdict.take() is None
    assert not (folder / "update-verdict").exists()


def test_root_reads_no_file_that_a_link_names(folder: Path, tmp_path: Path) -> None:
    """The folder is another user's."""
    (tmp_path / "secret").write_text('{"version": "1.2.0", "good": true, "why": ""}')
    (folder / "update-verdict").symlink_to(tmp_path / "secret")
    with pytest.raises(StoreError):
        verdict.take()


def test_no_reason_ends_the_release_before(folder: Path) -> None:
    """Which publishes it; half a character of JSON cannot be, and a line feed begins no line."""
    told = r'{"version": "1.2.0", "good": false, "why": "caf\u00e9 \ud800\n\u001b[2J"}'
    (folder / "update-verdict").write_text(told)
    found = verdict.take()
    assert found == Verdict("1.2.0", good=False, why="café ???[2J")
    report = Report("1.1.0", last=found.why, failed={found.version: found.why})
    assert release(Topics("u1"), report, None).content.decode().count(found.why) == 2


class Trying:
    """A unit on trial in slot B, with a clock."""

    def __init__(self, made: Probation) -> None:
        self.now, self.frames = 0.0, LEAST_FRAMES
        self.made = Probation(made.judge, made.trial, made.store, lambda: self.now)

    def lasts(self, seconds: float) -> None:
        """A turn each second."""
        vitals = replace(Health().snapshot(), frames=self.frames)
        for _ in range(int(seconds)):
            self.now += 1
            self.made.turn(vitals, is_connected=True)


@pytest.fixture
def trying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trying:
    """Slot B runs, A is committed."""
    shelf = Shelf(tmp_path / "updates", Disk())
    monkeypatch.setattr(probations, "FOLDER", shelf.folder)
    waits = put_on_trial(Standing(), Trial(Deployment("B", "1.2.0", 1), reached=True))
    shelf.change(lambda _: judge(waits, Boot(Slots("B", "A"), "1.2.0", "boot")).standing)
    assert probation(lambda _: None, {}) is None, "nobody has told which slot runs"
    write_slots(Slots("B", "A"))
    made = probation(lambda _: None, {})
    assert made is not None
    return Trying(made)


def test_a_release_that_does_its_work_says_so_until_it_is_committed(trying: Trying) -> None:
    """Root may have failed at it; committed, the unit is on trial no more."""
    trying.lasts(HOLD_S)
    assert verdict.take() is None
    trying.lasts(1)
    assert verdict.take() == GOOD
    trying.lasts(HOLD_S - 1)
    assert verdict.take() is None
    trying.lasts(1)
    assert verdict.take() == GOOD
    write_slots(Slots("B", "B"))
    trying.frames = 0
    trying.lasts(LIMIT_S)
    assert (verdict.take(), trying.made.trial) == (None, None)


def test_a_release_that_does_not_says_why_and_ends(trying: Trying) -> None:
    """Root boots the slot before then; until that comes the unit is started anew."""
    trying.frames = 0
    with pytest.raises(StalledError, match="0 frames seen"):
        trying.lasts(LIMIT_S + 1)
    assert verdict.take() == Verdict("1.2.0", good=False, why="0 frames seen, expected 30")


def test_a_release_that_nobody_commits_is_not_good(trying: Trying) -> None:
    """The slot would be left by the next power cut, whenever that comes."""
    with pytest.raises(StalledError):
        trying.lasts(LIMIT_S + 1)
    assert verdict.take() == Verdict("1.2.0", good=False, why="it was good, and is not committed")


@pytest.mark.parametrize("slots", [Slots("A", "A"), Slots("A", "B")])
def test_only_the_slot_on_trial_judges_itself(trying: Trying, slots: Slots) -> None:
    """Not the committed one, nor one that nobody put there."""
    assert trying.made.trial is not None
    write_slots(slots)
    assert probation(lambda _: None, {}) is None
