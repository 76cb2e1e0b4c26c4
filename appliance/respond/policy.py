"""What a passage means for us: the first rule that holds is followed.  Pure.

The rules to know: nothing opens for a vehicle that is not known to be there now, whatever the table
says; and where a rule that does not open cannot be judged (nobody vouches for the clock, nobody
confirmed the second factor), no rule after it opens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from appliance.access import Rule
from appliance.decision import Decision, ListName, Match
from appliance.domain import Clock, Settled

TRUST: dict[str, int] = {"none": 0, "rtc": 1, "ntp": 2, "gnss": 2}
"""How far a clock can be trusted, by what set it."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a decision is made, and what is known then.

    Attributes:
        local: when the vehicle was seen, in the unit's own zone.
        clock: how far that can be trusted.
        fresh: the vehicle is there now, and was seen to come.
        confirmed_s: seconds since each second factor was confirmed, by its name.
    """

    local: datetime
    clock: Clock
    fresh: bool
    confirmed_s: Mapping[str, float] = field(default_factory=dict)


def decide(
    settled: Settled, match: Match | None, moment: Moment, rules: Sequence[Rule]
) -> Decision:
    """What is done about a settled track, and why in words, without plate and label.

    Args:
        settled: what the sightings agree on.
        match: the entry that the plate fits; None where it fits none.
        moment: when, and what is known then.
        rules: in order.

    Returns:
        A decision without an outcome; "ignore" where no rule holds.
    """
    entry = match if match is not None and match.applies else None
    found: ListName = entry.list if entry else "unknown"
    why, barred, lacking = _standing(match, settled), "", list[tuple[int, str]]()
    for number, rule in enumerate(rules, 1):
        if rule.list != found:
            continue
        against = _lacking(rule, settled, entry, moment)
        unknown = _unknown(rule, moment)
        if barred and rule.action == "open":
            unknown.append(barred)
        if not against and not unknown:
            told = f"rule {number}: {why}, direction is {settled.direction}"
            return Decision(found, rule.action, told, entry)
        if unknown and not against and rule.action != "open":
            barred = f"rule {number} before it cannot be judged"
        objections = against + unknown
        lacking.append((len(objections), f"{' and '.join(objections)} (rule {number})"))
    but = f", but {min(lacking, key=lambda each: each[0])[1]}" if lacking else ""
    return Decision(found, "ignore", f"{why}{but}", entry)


def _standing(match: Match | None, settled: Settled) -> str:
    """On which list the plate stands, and how far its reads agree."""
    agreement = f"{settled.reads} of {settled.frames} reads agree"
    if match is None:
        return f"on no list; {agreement}"
    if not match.applies:
        return f"its entry of {match.list} does not apply: {match.reason}; {agreement}"
    near = f" by a near match (distance {match.distance:g})" if match.near else ""
    return f"{match.list}{near}; {agreement}"


def _lacking(rule: Rule, settled: Settled, entry: Match | None, moment: Moment) -> list[str]:
    """The conditions of a rule that are known not to hold, each in words."""
    agreement, confidence = settled.reads / max(1, settled.frames), settled.read.confidence
    conditions = (
        (
            moment.fresh or rule.action != "open",
            "the vehicle is not known to have come, and to be there now",
        ),
        (
            not rule.direction or settled.direction in rule.direction,
            f"direction is {settled.direction}",
        ),
        (
            settled.reads >= rule.least_reads,
            f"{rule.least_reads} reads must agree",
        ),
        (
            agreement >= rule.least_agreement,
            f"a share of {rule.least_agreement:g} must agree",
        ),
        (
            confidence >= rule.least_confidence,
            f"confidence is {confidence:.3f}, below {rule.least_confidence:g}",
        ),
        (
            rule.near or entry is None or not entry.near,
            "a near match does not count",
        ),
        (
            not rule.times or not _is_trusted(rule, moment) or _is_in_time(rule, moment),
            "it is out of its times",
        ),
    )
    return [lack for holds, lack in conditions if not holds]


def _unknown(rule: Rule, moment: Moment) -> list[str]:
    """The conditions of a rule of which nobody knows whether they hold, each in words."""
    unknown = []
    if rule.times and not _is_trusted(rule, moment):
        unknown.append(f"its times need a clock set by {rule.clock}, not {moment.clock}")
    age_s = moment.confirmed_s.get(rule.second_factor)
    if rule.second_factor and (age_s is None or not 0 <= age_s <= rule.second_factor_s):
        unknown.append(f"{rule.second_factor!r} was not confirmed")
    return unknown


def _is_trusted(rule: Rule, moment: Moment) -> bool:
    return TRUST[moment.clock] >= TRUST[rule.clock]


def _is_in_time(rule: Rule, moment: Moment) -> bool:
    return any(span.covers(moment.local) for span in rule.times)
