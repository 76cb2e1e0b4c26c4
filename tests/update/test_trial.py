"""Trials: counted before each start, over in the end, and never started is not failed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from appliance.update import trial
from appliance.update.trial import (
    LEAST_FRAMES,
    MOST_LOST,
    MOST_STARTS,
    Deployment,
    Evidence,
    Standing,
    Trial,
)

OLD, NEW = Deployment("1.0.0-a", "1.0.0", 1), Deployment("1.1.0-b", "1.1.0", 1)
GOOD = Standing(current=OLD)


def on_trial() -> Standing:
    """A unit with a release that was never started."""
    return trial.put_on_trial(GOOD, NEW, reached=True)


def started(*boots: str) -> Standing:
    """The same after starts, each in a run of the kernel."""
    standing = on_trial()
    for boot in boots:
        standing = trial.start(standing, boot)
    return standing


def test_a_release_that_ends_by_itself_is_left() -> None:
    """After MOST_LOST starts of the same boot the old one starts, and says why."""
    assert started(*["a"] * MOST_LOST).starts_with == NEW
    fallen = started(*["a"] * (MOST_LOST + 1))
    assert fallen.starts_with == OLD
    assert fallen.failed == {"1.1.0": "2 starts, 2 of them ended before it was good"}
    assert fallen.last.startswith("1.1.0 failed")


def test_a_power_cut_fails_no_release() -> None:
    """A start that a reboot cut off is none that ended by itself."""
    assert started("a", "b", "c", "d").trial == Trial(NEW, True, 4, 0, "d")


def test_a_release_that_takes_the_board_down_is_left_too() -> None:
    """Each start in another run of the kernel: after MOST_STARTS it is over all the same."""
    boots = [str(number) for number in range(MOST_STARTS + 1)]
    assert started(*boots[:-1]).starts_with == NEW
    assert started(*boots).starts_with == OLD


def test_what_was_never_started_has_not_failed() -> None:
    """It may be installed again; one that was started and given up may not."""
    never = trial.give_up(on_trial(), "a person went back")
    assert never.failed == {}
    assert never.last == "1.1.0 was never started: a person went back"
    assert list(trial.give_up(started("a"), "a person went back").failed) == ["1.1.0"]


def test_what_the_release_said_of_itself_is_the_reason() -> None:
    """Kept from the process that ended to the launcher that judges."""
    standing = trial.note(started("a", "a"), "0 frames seen, expected 30")
    assert "0 frames seen" in trial.start(standing, "a").failed["1.1.0"]


def test_a_release_that_is_good_is_what_is_fallen_back_to() -> None:
    """And the one before is remembered, for a person who wants it back."""
    good = trial.commit(started("a"))
    assert (good.current, good.previous, good.trial) == (NEW, OLD, None)
    back = trial.go_back(good, "the camera is upside down")
    assert (back.current, back.failed) == (OLD, {"1.1.0": "the camera is upside down"})
    assert trial.go_back(back, "again").current is None  # what came with the system
    assert trial.go_back(Standing(), "again") == Standing()


@pytest.mark.parametrize(
    ("evidence", "reached", "lacks"),
    [
        (Evidence(LEAST_FRAMES, True, True), True, ""),
        (Evidence(LEAST_FRAMES, True, False), False, ""),
        (Evidence(LEAST_FRAMES - 1, True, True), True, "29 frames seen, expected 30"),
        (Evidence(LEAST_FRAMES, False, True), True, "nothing stored"),
        (Evidence(LEAST_FRAMES, True, False), True, "broker not reached, which it was before"),
    ],
)
def test_a_release_is_good_when_it_sees_stores_and_reaches(
    evidence: Evidence, reached: bool, lacks: str
) -> None:
    """A broker that was away before is not asked for."""
    assert trial.lacking(Trial(NEW, reached), evidence) == lacks


@pytest.mark.parametrize(
    ("installed", "starts", "falls_to"),
    [("0.9.0", NEW, OLD), ("1.0.0", NEW, None), ("1.0.5", NEW, None), ("1.1.0", None, None)],
)
def test_what_the_system_brings_is_never_older_than_what_starts(
    installed: str, starts: Deployment | None, falls_to: Deployment | None
) -> None:
    """A package that was installed over a trial, or over what is good; neither has failed."""
    standing = started("a")
    kept = trial.keep(
        standing, lambda each: trial.order(each.version) > trial.order(installed), installed
    )
    assert (kept.starts_with, kept.current) == (starts, falls_to)
    assert not kept.failed
    told = standing.last if starts else "1.1.0 was left: 1.1.0 came with the system since"
    assert kept.last == told


def test_what_is_written_is_read() -> None:
    """Also with what a later release adds; another format or something else is refused."""
    standing = trial.seen(trial.commit(started("a")), 7, 1_800_000_000)
    standing = trial.put_on_trial(replace(standing, failed={"0.9": "x"}), OLD, reached=False)
    assert trial.read(trial.written(standing)) == standing
    more = trial.written(standing).replace(b'"sequence"', b'"later": {}, "sequence"')
    assert trial.read(more) == standing
    odd = trial.written(standing).replace(b'"version": "1.', b'"version": "1,')
    for damaged in (b"", b"[]", b"null", b'{"format": 2}', b'{"format": 1}', b"\0" * 300, odd):
        with pytest.raises(ValueError, match=r"."):
            trial.read(damaged)


class Machine(RuleBasedStateMachine):
    """Whatever happens in whatever order, what starts was good before or is being tried."""

    def __init__(self) -> None:
        super().__init__()
        self.standing = Standing()
        self.good: list[Deployment | None] = [None]
        self.boot = 0
        self.in_a_row = 0

    @rule(number=st.integers(0, 5), reached=st.booleans())
    def install(self, number: int, *, reached: bool) -> None:
        """Some release, also the same again."""
        new = Deployment(f"d{number}", f"1.{number}.0", 1)
        self.standing = trial.put_on_trial(self.standing, new, reached=reached)
        self.in_a_row = 0

    @rule(reboots=st.booleans())
    def start(self, *, reboots: bool) -> None:
        """Of what is due, in the same run of the kernel or another."""
        self.boot += reboots
        self.standing = trial.start(self.standing, str(self.boot))
        self.in_a_row += 1

    @precondition(lambda self: self.standing.trial and self.standing.trial.starts)
    @rule()
    def commit(self) -> None:
        """What was started shows its work."""
        self.standing = trial.commit(self.standing)
        self.good.append(self.standing.current)

    @rule()
    def give_up(self) -> None:
        """A person has enough of it."""
        self.standing = trial.give_up(self.standing, "told so")

    @rule()
    def go_back(self) -> None:
        """Or of what is good."""
        self.standing = trial.go_back(self.standing, "told so")

    @rule()
    def cut(self) -> None:
        """The power goes: what was written is read."""
        self.standing = trial.read(trial.written(self.standing))

    @invariant()
    def what_is_fallen_back_to_was_good(self) -> None:
        """Nothing else is ever returned to."""
        assert self.standing.current in self.good

    @invariant()
    def no_trial_lasts_for_ever(self) -> None:
        """However the power goes."""
        assert self.standing.trial is None or self.in_a_row <= MOST_STARTS
        assert self.standing.trial is None or self.standing.trial.lost < MOST_LOST


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
