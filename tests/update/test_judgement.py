"""What a boot means: a table, and what holds whatever happens in whatever order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from appliance.update import trial
from appliance.update.judgement import MOST_TRIES, Act, Boot, judge, put_on_trial
from appliance.update.slots import Slots, other
from appliance.update.trial import Deployment, Standing, Trial

OLD, NEW = Deployment("A", "1.1.0", 1), Deployment("B", "1.2.0", 1)
GOOD = Standing(current=OLD)
WAITS = put_on_trial(GOOD, Trial(NEW, reached=True))
HOME, AWAY, MOVED = Slots("A", "A"), Slots("B", "A"), Slots("B", "B")


def tried(starts: int, tries: int, boot: str = "before") -> Standing:
    """A trial after some boots."""
    assert WAITS.trial is not None
    return replace(WAITS, trial=replace(WAITS.trial, starts=starts, tries=tries, boot=boot))


@pytest.mark.parametrize(
    ("standing", "slots", "version", "ended", "act", "last"),
    [
        (Standing(), HOME, "1.1.0", "", "stay", ""),
        (Standing(), HOME, "1.1.0", "left over", "stay", ""),
        (WAITS, HOME, "1.1.0", "", "arm", "1.2.0 is tried again, boot 2 of 3"),
        (tried(1, 1), HOME, "1.1.0", "", "arm", "1.2.0 is tried again, boot 2 of 3"),
        (tried(1, 1), HOME, "1.1.0", "crashed", "stay", "1.2.0 failed: crashed"),
        (tried(0, 3), HOME, "1.1.0", "", "stay", "1.2.0 was never started in 3 tries"),
        (
            tried(2, 3),
            HOME,
            "1.1.0",
            "",
            "stay",
            "1.2.0 failed: 2 starts in 3 tries, each cut off before it was good",
        ),
        (WAITS, AWAY, "1.2.0", "", "stay", "1.2.0 is on trial, start 1 of 3 at most"),
        (tried(1, 2), AWAY, "1.2.0", "", "stay", "1.2.0 is on trial, start 2 of 3 at most"),
        (tried(1, 1, "now"), AWAY, "1.2.0", "", "stay", WAITS.last),
        (WAITS, AWAY, "1.3.0", "", "leave", "1.2.0 failed: slot B holds 1.3.0, expected 1.2.0"),
        (Standing(), AWAY, "1.0.0", "", "stay", "1.0.0 is on trial, start 1 of 3 at most"),
        (Standing(failed={"1.2.0": "x"}), AWAY, "1.2.0", "", "stay", ""),
        (tried(1, 1), MOVED, "1.2.0", "", "stay", "1.2.0 is good, after 1 starts"),
        (tried(1, 1), MOVED, "1.2.0", "crashed", "stay", "1.2.0 is good, after 1 starts"),
    ],
)
def test_a_boot_is_judged(
    standing: Standing, slots: Slots, version: str, ended: str, act: Act, last: str
) -> None:
    """By which slot runs, which is committed, what is remembered and how the trial ended."""
    made = judge(standing, Boot(slots, version, "now", ended))
    assert (made.act, made.standing.last) == (act, last)


def test_a_failed_release_and_one_that_never_started_are_told_apart_and_both_remembered() -> None:
    """Neither is offered again; the words say which it was."""
    for standing, why in ((tried(1, 3), "1 starts in 3 tries"), (tried(0, 3), "was never started")):
        after = judge(standing, Boot(HOME, "1.1.0", "now")).standing
        assert after.trial is None
        assert after.failed["1.2.0"].startswith(why)
        assert after.current == OLD


def test_a_commit_that_the_power_cut_is_made_up_for() -> None:
    """The slot on trial is the committed one: the state follows, also what is before it."""
    after = judge(tried(1, 1), Boot(MOVED, "1.2.0", "now")).standing
    assert (after.current, after.previous, after.trial) == (NEW, OLD, None)


def test_what_a_person_left_is_remembered_as_failed_once_that_is_committed() -> None:
    """And not before: what he went to may not be good any more."""
    back = put_on_trial(GOOD, Trial(NEW, reached=False, leaves="upside down"))
    assert back.failed == {}
    after = judge(back, Boot(MOVED, "1.2.0", "now")).standing
    assert (after.failed, after.previous) == ({"1.1.0": "upside down"}, None)


def test_the_same_boot_is_counted_once() -> None:
    """Whoever starts the service again."""
    once = judge(WAITS, Boot(AWAY, "1.2.0", "now"))
    assert judge(once.standing, Boot(AWAY, "1.2.0", "now")) == once


class Machine(RuleBasedStateMachine):
    """Boots, cuts, lost flags, good and bad releases: what holds of slots and state."""

    def __init__(self) -> None:
        super().__init__()
        self.standing = Standing()
        self.versions = {"A": "1.0.0", "B": ""}
        self.slots, self.boot, self.tries, self.ended = HOME, 0, 0, ""
        self.found_good = {"1.0.0"}
        self.judge()

    @precondition(lambda self: not self.slots.on_trial)
    @rule(number=st.integers(1, 9), reached=st.booleans())
    def install(self, number: int, *, reached: bool) -> None:
        """A release that did not fail here, into the other slot."""
        version = f"1.{number}.0"
        if version in self.standing.failed or version == self.versions[self.slots.booted]:
            return
        booted = self.slots.booted
        self.versions[other(booted)] = version
        self.ended, self.tries = "", 0
        good = Deployment(booted, self.versions[booted], 1)
        standing = replace(self.standing, current=good, previous=None)
        self.standing = put_on_trial(
            standing, Trial(Deployment(other(booted), version, 1), reached)
        )

    @rule(is_cut=st.booleans(), is_lost=st.booleans())
    def reboot(self, *, is_cut: bool, is_lost: bool) -> None:
        """From what is armed now, unless the power goes or the firmware loses it."""
        tries = self.standing.trial is not None and not self.slots.on_trial
        self.boot += 1
        booted = self.slots.committed
        if tries and not is_cut and not is_lost:
            booted = other(booted)
        self.slots = replace(self.slots, booted=booted)
        self.judge()

    @precondition(lambda self: self.slots.on_trial)
    @rule()
    def crash(self) -> None:
        """The release says that it is bad, and the board is started anew."""
        self.ended = "crashed"
        self.reboot(is_cut=False, is_lost=False)

    @precondition(lambda self: self.slots.on_trial and self.standing.trial)
    @rule(is_cut=st.booleans())
    def commit(self, *, is_cut: bool) -> None:
        """What is on trial is good; the power may go before that is written down."""
        assert self.standing.trial is not None
        self.found_good.add(self.standing.trial.deployment.version)
        self.slots = Slots(self.slots.booted, self.slots.booted)
        if is_cut:
            self.reboot(is_cut=True, is_lost=False)
        else:
            self.standing = trial.commit(self.standing)

    def judge(self) -> None:
        """As gatepost-slots.service does it, to the end of what follows by itself."""
        boot = Boot(self.slots, self.versions[self.slots.booted], str(self.boot), self.ended)
        before = self.standing
        made = judge(before, boot)
        self.standing = trial.read(trial.written(made.standing))
        if not self.slots.on_trial:
            self.ended = ""
        if made.act == "arm":
            assert before.trial is not None
            assert before.trial.deployment.version not in before.failed
            self.tries += 1
        if made.act == "leave":
            self.slots = replace(self.slots, booted=self.slots.committed)

    @invariant()
    def what_is_committed_was_found_good(self) -> None:
        """Nobody else commits."""
        assert self.versions[self.slots.committed] in self.found_good

    @invariant()
    def what_is_remembered_as_good_is_what_is_committed(self) -> None:
        """By slot and version, once there is anything to remember."""
        current = self.standing.current
        if current is not None and not self.slots.on_trial:
            assert (current.name, current.version) == (
                self.slots.committed,
                self.versions[self.slots.committed],
            )

    @invariant()
    def no_trial_lasts_for_ever(self) -> None:
        """However the power goes, and whatever gets lost."""
        on_trial = self.standing.trial
        assert self.tries < MOST_TRIES
        assert on_trial is None or (on_trial.tries <= MOST_TRIES and on_trial.starts <= MOST_TRIES)

    @invariant()
    def what_failed_is_not_tried(self) -> None:
        """Until somebody installs it by force."""
        on_trial = self.standing.trial
        assert on_trial is None or on_trial.deployment.version not in self.standing.failed


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
