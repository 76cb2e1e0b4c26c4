"""What a boot means on a unit with two slots: which runs, which is committed, what was.  Pure.

The rule to know: the firmware tries a slot for one boot and then takes the committed one, so where
the committed one runs and a trial is remembered, that trial was not found good.  Why not is told by
what the trial left behind:

    something says that it was bad      a line in `ended`: over, and remembered as failed
    nothing says so                     the power went, a watchdog reset the board, or the firmware
                                        never tried it: armed again, MOST_TRIES boots in all

A version whose tries are used up is remembered as failed also where it was never started: nobody
can tell a broken initramfs from a flag that got lost on its way to the firmware three times.
Of the standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from appliance.update import trial
from appliance.update.slots import Slots
from appliance.update.trial import Deployment, Standing, Trial

MOST_TRIES = 3
"""Boots of a slot on trial.  A flag that is lost now and then (raspberrypi/firmware #2038) does not
get lost three times; a release that resets the board costs three watchdog times."""
LEAST_READS = 1
"""The schema that every release reads: all that is known of one that nobody installed here."""
SHORTEST = 300  # characters of a reason that are kept

Act = Literal["stay", "arm", "leave"]
"""Go on; try the slot on trial with the next boot, which is now; boot the committed one now."""


@dataclass(frozen=True, slots=True)
class Boot:
    """A boot.

    Attributes:
        slots: which one runs, which one is committed.
        version: of the system that runs.
        name: of this run of the kernel.
        ended: why the trial that came before ended, as far as anybody could say; empty: nobody.
    """

    slots: Slots
    version: str
    name: str
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What follows: what is remembered from now on, and what is done then."""

    standing: Standing
    act: Act


def judge(standing: Standing, boot: Boot) -> Judgement:
    """What this boot means; asked again in the same boot it says `stay`, or the same again."""
    on_trial = standing.trial
    if on_trial and on_trial.deployment.name == boot.slots.committed:
        standing = trial.commit(standing)  # the power went between the commit and the state
    return _on_trial(standing, boot) if boot.slots.on_trial else _at_home(standing, boot)


def put_on_trial(standing: Standing, new: Trial) -> Standing:
    """Remember a slot that is armed next."""
    failed = {v: why for v, why in standing.failed.items() if v != new.deployment.version}
    told = f"{new.deployment.version} is installed and waits for its first start"
    return replace(standing, trial=replace(new, tries=1), failed=failed, last=told)


def _at_home(standing: Standing, boot: Boot) -> Judgement:
    """The committed slot runs: a trial that is remembered has ended, or has not begun."""
    on_trial = standing.trial
    if on_trial is None:
        return Judgement(standing, "stay")
    if boot.ended:
        return Judgement(_fail(standing, boot.ended[:SHORTEST]), "stay")
    if on_trial.tries < MOST_TRIES:
        again = replace(on_trial, tries=on_trial.tries + 1)
        told = f"{again.deployment.version} is tried again, boot {again.tries} of {MOST_TRIES}"
        return Judgement(replace(standing, trial=again, last=told), "arm")
    if not on_trial.starts:
        why = f"was never started in {on_trial.tries} tries"
        told = f"{on_trial.deployment.version} {why}"
        return Judgement(replace(_fail(standing, why), last=told), "stay")
    why = f"{on_trial.starts} starts in {on_trial.tries} tries, each cut off before it was good"
    return Judgement(_fail(standing, why), "stay")


def _on_trial(standing: Standing, boot: Boot) -> Judgement:
    """Another slot runs than the committed one."""
    on_trial = standing.trial
    if on_trial is None:
        return _unexpected(standing, boot)
    version = on_trial.deployment.version
    if boot.version != version:
        why = f"slot {boot.slots.booted} holds {boot.version}, expected {version}"
        return Judgement(_fail(standing, why), "leave")
    if on_trial.boot == boot.name:
        return Judgement(standing, "stay")
    return Judgement(_begin(standing, on_trial, boot), "stay")


def _unexpected(standing: Standing, boot: Boot) -> Judgement:
    """Nobody put it on trial: the committed slot cannot be booted, or somebody booted by hand.

    It runs, so it has its chance; going back at once might lead round in a circle for ever.
    """
    if boot.version in standing.failed:
        return Judgement(standing, "stay")  # the outer gate boots the other one in a while
    reads = standing.current.reads if standing.current else LEAST_READS
    found = Trial(Deployment(boot.slots.booted, boot.version, reads), reached=False)
    return Judgement(_begin(standing, replace(found, tries=MOST_TRIES), boot), "stay")


def _begin(standing: Standing, on_trial: Trial, boot: Boot) -> Standing:
    begun = replace(on_trial, starts=on_trial.starts + 1, boot=boot.name)
    told = f"{begun.deployment.version} is on trial, start {begun.starts} of {MOST_TRIES} at most"
    return replace(standing, trial=begun, last=told)


def _fail(standing: Standing, why: str) -> Standing:
    """Over for good: what was never started is not to be offered again and again either."""
    on_trial = standing.trial
    assert on_trial is not None
    begun = replace(on_trial, starts=max(1, on_trial.starts))
    return trial.give_up(replace(standing, trial=begun), why)
