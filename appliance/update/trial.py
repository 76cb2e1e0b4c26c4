"""What runs, what is on trial, and when a trial is over.  Pure, and of the standard library only.

The rule to know: `start` is asked before each start of the unit, by code that is not on trial, and
what it answers is written down before anything is started.  So a release that ends the process, or
the board, is counted all the same.

A trial fails after MOST_LOST starts that ended by themselves, or MOST_STARTS in all.  A start that
a reboot cut off is none that ended by itself: the power may have gone.  A trial that was never
started has not failed, whatever happened; it waits.

On a unit with slots (`slots`) a deployment is what a slot holds, and its name is the slot's; when
such a trial is over is said by `judgement`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

MOST_LOST, MOST_STARTS = 2, 6
LEAST_FRAMES = 30
"""That a release must have looked at to be good: a camera that opens and then hangs gives fewer."""
MOST_FAILED = 16  # remembered, the newest
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Deployment:
    """What can be started: the images of one release, by the name of their folder.

    Attributes:
        name: of the folder, or of the slot; empty: what was installed with the system.
        version: of the release.
        reads: the highest schema of the database that it understands.
    """

    name: str
    version: str
    reads: int


@dataclass(frozen=True, slots=True)
class Trial:
    """A deployment that has to show that it is good.

    Attributes:
        deployment: which.
        reached: whether the broker was reached before: then it must be again.
        starts: of it, all of them.
        lost: of these, that ended by themselves.
        boot: in which the last one was; names a run of the kernel.
        why: what was lacking when the last one ended, as far as it could say.
        tries: for how many boots its slot was armed; 0 where there are no slots.
        leaves: why a person leaves what is good for this one; empty: nobody does.
    """

    deployment: Deployment
    reached: bool
    starts: int = 0
    lost: int = 0
    boot: str = ""
    why: str = ""
    tries: int = 0
    leaves: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is remembered of updates.

    Attributes:
        current: what was found good last, and is fallen back to; None: what came with the system.
        previous: what was good before that.
        trial: what is on trial.
        failed: versions that were not good, and why.
        sequence: the highest of a manifest that was seen.
        known_s: the latest time that is known to have passed, seconds since 1970.
        last: what happened last, in words.
        roots: for which root keys sequence and time were seen; empty: no release wrote it down yet.
    """

    current: Deployment | None = None
    previous: Deployment | None = None
    trial: Trial | None = None
    failed: Mapping[str, str] = field(default_factory=dict)
    sequence: int = 0
    known_s: int = 0
    last: str = ""
    roots: str = ""

    @property
    def starts_with(self) -> Deployment | None:
        """What the next start is of; None: what came with the system."""
        return self.trial.deployment if self.trial else self.current


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a release on trial has shown since its start.

    Attributes:
        frames: that the lane has looked at.
        has_stored: something was written to the database and read again.
        is_connected: the broker has taken it in, or there is none to reach.
    """

    frames: int
    has_stored: bool
    is_connected: bool


def put_on_trial(standing: Standing, deployment: Deployment, *, reached: bool) -> Standing:
    """Let the next start be of a deployment; one that is on trial already makes room."""
    failed = {v: why for v, why in standing.failed.items() if v != deployment.version}
    told = f"{deployment.version} is installed and waits for its first start"
    return replace(standing, trial=Trial(deployment, reached), failed=failed, last=told)


def start(standing: Standing, boot: str) -> Standing:
    """Count a start, which is of what `starts_with` says then; a trial that has failed is over.

    Args:
        standing: before.
        boot: names this run of the kernel.
    """
    trial = standing.trial
    if trial is None:
        return standing
    lost = trial.lost + (trial.starts > 0 and trial.boot == boot)
    if lost >= MOST_LOST or trial.starts >= MOST_STARTS:
        count = f"{trial.starts} starts, {lost} of them ended before it was good"
        return give_up(standing, f"{count}{': ' if trial.why else ''}{trial.why}")
    trial = replace(trial, starts=trial.starts + 1, lost=lost, boot=boot)
    told = f"{trial.deployment.version} is on trial, start {trial.starts} of {MOST_STARTS} at most"
    return replace(standing, trial=trial, last=told)


def lacking(trial: Trial, evidence: Evidence) -> str:
    """What is still missing for a release to be good, in words; empty where nothing is."""
    missing = []
    if evidence.frames < LEAST_FRAMES:
        missing.append(f"{evidence.frames} frames seen, expected {LEAST_FRAMES}")
    if not evidence.has_stored:
        missing.append("nothing stored")
    if trial.reached and not evidence.is_connected:
        missing.append("broker not reached, which it was before")
    return "; ".join(missing)


def note(standing: Standing, why: str) -> Standing:
    """Remember what a trial lacks, for it is about to end."""
    return replace(standing, trial=standing.trial and replace(standing.trial, why=why))


def commit(standing: Standing) -> Standing:
    """What is on trial is good; back goes to what was good before, unless a person has left it."""
    trial = standing.trial
    if trial is None:
        return standing
    version = trial.deployment.version
    told = f"{version} is good, after {trial.starts} starts"
    good = replace(standing, current=trial.deployment, trial=None, last=told)
    if trial.leaves and standing.current:
        return replace(
            good, previous=None, failed=_failed(standing, standing.current, trial.leaves)
        )
    return replace(good, previous=standing.current)


def give_up(standing: Standing, why: str) -> Standing:
    """End a trial; its version is remembered as one that failed, unless it was never started."""
    trial = standing.trial
    if trial is None:
        return standing
    version = trial.deployment.version
    if not trial.starts:
        return replace(standing, trial=None, last=f"{version} was never started: {why}")
    failed = _failed(standing, trial.deployment, why)
    return replace(standing, trial=None, failed=failed, last=f"{version} failed: {why}")


def go_back(standing: Standing, why: str) -> Standing:
    """Return to what was good before what is good now; that is remembered as failed."""
    if standing.current is None:
        return standing
    failed = _failed(standing, standing.current, why)
    told = f"{standing.current.version} was left: {why}"
    return replace(standing, current=standing.previous, previous=None, failed=failed, last=told)


def keep(standing: Standing, stays: Callable[[Deployment], bool], installed: str) -> Standing:
    """Leave what must not be started any more; it has not failed, and may come again.

    Args:
        standing: before.
        stays: whether a deployment may be started.
        installed: version of what came with the system, which takes the place of what is left.
    """
    on_trial, good, before = standing.trial, standing.current, standing.previous
    if good and not stays(good):
        good, before = None, None
    if before and not stays(before):
        before = None
    if on_trial and not stays(on_trial.deployment):
        on_trial = None
    kept = replace(standing, trial=on_trial, current=good, previous=before)
    if kept.starts_with == standing.starts_with:
        return kept
    assert standing.starts_with is not None
    told = f"{standing.starts_with.version} was left: {installed} came with the system since"
    return replace(kept, last=told)


def order(version: str) -> tuple[int, ...]:
    """By which versions compare; ValueError where it is none."""
    return tuple(map(int, version.split(".")))


def seen(standing: Standing, sequence: int, known_s: int) -> Standing:
    """Remember a manifest's sequence, and a time that has passed."""
    sequence, known_s = max(sequence, standing.sequence), max(known_s, standing.known_s)
    return replace(standing, sequence=sequence, known_s=known_s)


def rooted(standing: Standing, roots: str, *, goes_on: bool) -> Standing:
    """Trust other root keys; unless it `goes_on`, what was seen before was others' word."""
    kept = standing if goes_on else replace(standing, sequence=0, known_s=0)
    return replace(kept, roots=roots)


def written(standing: Standing) -> bytes:
    """As it lies on the card: JSON."""
    return json.dumps(asdict(standing) | {"format": FORMAT}, indent=1).encode()


def read(content: bytes) -> Standing:
    """What was `written`, by this release or another; what another added is left out.

    Raises:
        ValueError: it is nothing of the kind.
    """
    table = object_of(content, FORMAT)
    try:
        return Standing(
            _deployment(table["current"]),
            _deployment(table["previous"]),
            _trial(table["trial"]),
            {str(version): str(why) for version, why in table["failed"].items()},
            int(table["sequence"]),
            int(table["known_s"]),
            str(table["last"]),
            str(table.get("roots", "")),  # releases before had none
        )
    except (KeyError, TypeError, AttributeError) as fault:
        raise ValueError(f"not what this format holds: {fault}") from fault


def _failed(standing: Standing, deployment: Deployment, why: str) -> dict[str, str]:
    """The versions that failed with one more, the newest last."""
    failed = [each for each in standing.failed.items() if each[0] != deployment.version]
    return dict([*failed, (deployment.version, why)][-MOST_FAILED:])


def object_of(content: bytes, known: int) -> dict[str, Any]:
    """The JSON object that a file holds; ValueError where it is not one of format `known`."""
    table = json.loads(content)
    if not isinstance(table, dict) or table.get("format") != known:
        raise ValueError(f"expected an object of format {known}")
    return table


def _deployment(table: Any) -> Deployment | None:  # noqa: ANN401  # as JSON gives it
    if table is None:
        return None
    order(table["version"])
    return Deployment(str(table["name"]), str(table["version"]), int(table["reads"]))


def _trial(table: Any) -> Trial | None:  # noqa: ANN401  # as JSON gives it
    deployment = _deployment(table and table["deployment"])
    if deployment is None:
        return None
    counts = int(table["starts"]), int(table["lost"])
    words = str(table["boot"]), str(table["why"])
    slots = int(table.get("tries", 0)), str(table.get("leaves", ""))  # releases before had none
    return Trial(deployment, bool(table["reached"]), *counts, *words, *slots)
