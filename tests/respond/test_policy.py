"""What a passage means: which rule is followed, and what is said about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.access import DEFAULT_POLICY, Rule
from appliance.decision import Decision, ListName, Match
from appliance.domain import Clock, Settled
from appliance.respond.policy import Moment, decide
from tests.conftest import SETTLED

NOON = datetime(2026, 11, 20, 12, 0)  # noqa: DTZ001  # a Friday, by the unit's own clock
NOW = Moment(NOON, "ntp", fresh=True)
ALLOWED = Match("allowed", "AB12CDE", "Anna", 0.0, near=False, applies=True, reason="")
DENIED = replace(ALLOWED, list="denied")
WATCHED = replace(ALLOWED, list="watched")
NEAR = replace(ALLOWED, entry_plate="AB12CDF", distance=1.0, near=True)
EXPIRED = replace(ALLOWED, applies=False, reason="over since 1 November")


def rule(list_name: str = "allowed", action: str = "open", **conditions: Any) -> Rule:  # noqa: ANN401
    """A rule as it comes from a file."""
    return Rule.model_validate({"list": list_name, "action": action, **conditions})


def decided(match: Match | None, *rules: Rule, moment: Moment = NOW, **changes: Any) -> Decision:  # noqa: ANN401
    """The decision about SETTLED with changes, by the rules or else the default policy."""
    return decide(replace(SETTLED, **changes), match, moment, rules or DEFAULT_POLICY)


DEFAULTS: dict[str, tuple[Match | None, str, str]] = {
    "allowed": (ALLOWED, "allowed", "open"),
    "denied": (DENIED, "denied", "alert"),
    "watched": (WATCHED, "watched", "alert"),
    "on no list": (None, "unknown", "ignore"),
    "allowed, but over": (EXPIRED, "unknown", "ignore"),
    "nearly allowed": (NEAR, "allowed", "ignore"),
    "nearly denied": (replace(NEAR, list="denied"), "denied", "alert"),
    "nearly watched": (replace(NEAR, list="watched"), "watched", "alert"),
}
NOT_ENOUGH: dict[str, tuple[dict[str, Any], str]] = {
    "leaves": ({"direction": "receding"}, "but direction is receding (rule 1)"),
    "stands": ({"direction": "unknown"}, "but direction is unknown (rule 1)"),
    "two reads": ({"reads": 2, "frames": 2}, "2 of 2 reads agree, but 3 reads must agree"),
    "half agree": ({"reads": 5, "frames": 9}, "5 of 9 reads agree, but a share of 0.6 must agree"),
    "unsure": (
        {"read": replace(SETTLED.read, confidence=0.8999)},
        "but confidence is 0.900, below 0.9 (rule 1)",
    ),
    "leaves, unsure": (
        {"direction": "receding", "read": replace(SETTLED.read, confidence=0.5)},
        "but direction is receding and confidence is 0.500, below 0.9 (rule 1)",
    ),
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_without_a_policy_the_safe_one_holds(name: str) -> None:
    """Who is allowed and comes, comes in; for the others at most an alert."""
    match, on, action = DEFAULTS[name]
    decision = decided(match)
    assert (decision.list, decision.action) == (on, action)


@pytest.mark.parametrize("name", NOT_ENOUGH)
def test_what_is_not_enough_does_not_open_and_says_why(name: str) -> None:
    """What agreed, and what was lacking, with the rule that nearly held."""
    changes, told = NOT_ENOUGH[name]
    decision = decided(ALLOWED, **changes)
    assert (decision.list, decision.action) == ("allowed", "ignore")
    assert told in decision.reason


def test_just_enough_opens() -> None:
    """Every bound belongs to what is enough."""
    read = replace(SETTLED.read, confidence=0.9)
    assert decided(ALLOWED, reads=3, frames=5, read=read).action == "open"


def test_what_opened_says_which_rule_and_what_agreed() -> None:
    """A person who asks why gets numbers."""
    expected = "rule 1: allowed; 7 of 9 reads agree, direction is approaching"
    assert decided(ALLOWED).reason == expected


def test_the_first_rule_that_holds_is_followed() -> None:
    """In the order of the file."""
    away = rule(action="refuse", direction=["receding"])
    assert decided(ALLOWED, away, rule(), rule(action="alert")).action == "open"
    assert decided(ALLOWED, rule(action="alert"), rule()).action == "alert"


def test_the_rule_that_lacked_least_is_named() -> None:
    """Of several that did not hold."""
    far, close = rule(least_reads=50, direction=["receding"]), rule(least_reads=8)
    told = decided(ALLOWED, far, close).reason
    assert told == "allowed; 7 of 9 reads agree, but 8 reads must agree (rule 2)"


def test_on_no_list_is_said_in_numbers_too() -> None:
    """Nothing more, where no rule is about unknown plates."""
    assert decided(None).reason == "on no list; 7 of 9 reads agree"


def test_a_rule_may_be_about_unknown_plates() -> None:
    """A barrier that opens for everyone in the daytime; those denied have a list of their own."""
    everyone = rule("unknown")
    assert decided(None, everyone).action == "open"
    assert decided(EXPIRED, everyone).action == "open"
    assert decided(DENIED, everyone).action == "ignore"


def test_an_entry_that_does_not_apply_says_why() -> None:
    """The reason of the lists; and the entry does not stand in the decision."""
    decision = decided(EXPIRED)
    told = "its entry of allowed does not apply: over since 1 November; 7 of 9 reads agree"
    assert (decision.reason, decision.match) == (told, None)


def test_a_near_match_opens_only_where_the_rule_allows_it() -> None:
    """And says that it was near."""
    assert "a near match does not count (rule 1)" in decided(NEAR).reason
    decision = decided(NEAR, rule(near=True))
    assert decision.action == "open"
    assert "allowed by a near match (distance 1)" in decision.reason
    assert decision.match == NEAR


@pytest.mark.parametrize("action", ["refuse", "alert", "ignore"])
def test_what_is_not_fresh_may_be_refused_or_told(action: str) -> None:
    """A late alert is still one, marked late; only opening needs the vehicle."""
    late = replace(NOW, fresh=False)
    assert decided(ALLOWED, rule(action=action), moment=late).action == action


@given(
    found=st.sampled_from([ALLOWED, DENIED, WATCHED, NEAR, EXPIRED, None]),
    rules=st.lists(
        st.builds(
            rule,
            st.sampled_from(["allowed", "denied", "watched", "unknown"]),
            st.sampled_from(["open", "refuse", "alert", "ignore"]),
            direction=st.sampled_from([[], ["approaching"]]),
            least_reads=st.integers(1, 8),
            near=st.booleans(),
            times=st.sampled_from([[], ["fri 10:00-14:00"]]),
        ),
        max_size=5,
    ),
    clock=st.sampled_from(["ntp", "gnss", "rtc", "none"]),
)
def test_no_table_opens_for_what_is_not_fresh(
    found: Match | None, rules: list[Rule], clock: Clock
) -> None:
    """Freshness stands in code; and no reason has the plate or the label."""
    decision = decide(SETTLED, found, Moment(NOON, clock, fresh=False), rules)
    assert decision.action != "open"
    for secret in ("AB12CD", "Anna"):
        assert secret not in decision.reason
        assert secret not in decide(SETTLED, found, Moment(NOON, clock, fresh=True), rules).reason


@pytest.mark.parametrize(
    ("clock", "needed", "action"),
    [
        ("none", "rtc", "ignore"),
        ("rtc", "rtc", "open"),
        ("rtc", "ntp", "ignore"),
        ("ntp", "ntp", "open"),
        ("gnss", "ntp", "open"),
    ],
)
def test_a_rule_with_times_needs_a_clock(clock: Clock, needed: str, action: str) -> None:
    """A unit that woke in 1970 must not open by the hour."""
    timed = rule(times=["mon-fri 07:00-18:30"], clock=needed)
    assert decided(ALLOWED, timed, moment=Moment(NOON, clock, fresh=True)).action == action


def test_a_rule_without_times_needs_no_clock() -> None:
    """The gate opens although nobody knows the hour."""
    assert decided(ALLOWED, moment=Moment(NOON, "none", fresh=True)).action == "open"


def test_a_rule_with_times_holds_within_one_of_them() -> None:
    """Out of all of them it does not, and says so."""
    assert decided(ALLOWED, rule(times=["sat 00:00-24:00", "11:00-13:00"])).action == "open"
    assert (
        "it is out of its times (rule 1)"
        in decided(ALLOWED, rule(times=["sat 11:00-13:00"])).reason
    )


def test_a_rule_that_cannot_be_judged_bars_the_opening_after_it() -> None:
    """At night refuse, else open: without a clock it may be night."""
    night, always = rule(action="refuse", times=["22:00-06:00"]), rule()
    assert decided(ALLOWED, night, always).action == "open"
    lost = decided(ALLOWED, night, always, moment=Moment(NOON, "none", fresh=True))
    assert lost.action == "ignore"
    assert "rule 1" in lost.reason


def test_a_rule_that_cannot_be_judged_but_does_not_hold_anyway_bars_nothing() -> None:
    """Whatever the hour, it is not about who comes."""
    night = rule(action="refuse", times=["22:00-06:00"], direction=["receding"])
    assert decided(ALLOWED, night, rule(), moment=Moment(NOON, "none", fresh=True)).action == "open"


@pytest.mark.parametrize(
    ("confirmed_s", "action"),
    [
        ({}, "ignore"),
        ({"other": 1.0}, "ignore"),
        ({"confirm_line": 30.0}, "open"),
        ({"confirm_line": 30.1}, "ignore"),
        ({"confirm_line": -1.0}, "ignore"),
    ],
)
def test_a_second_factor_must_have_been_confirmed(
    confirmed_s: dict[str, float], action: str
) -> None:
    """By its name, within its seconds; a plate alone can be printed."""
    both = rule(second_factor="confirm_line", second_factor_s=30.0)
    moment = replace(NOW, confirmed_s=confirmed_s)
    assert decided(ALLOWED, both, moment=moment).action == action


def test_nothing_opens_for_an_unknown_plate() -> None:
    """However sure the read is."""
    assert decided(None, read=replace(SETTLED.read, confidence=1.0)).action == "ignore"


@given(reads=st.integers(1, 100), missed=st.integers(0, 100), confidence=st.floats(0, 1))
def test_better_reads_never_close(reads: int, missed: int, confidence: float) -> None:
    """What opens still opens with one more read that agrees, and with more confidence."""

    def action(of: Settled) -> str:
        return decide(of, ALLOWED, NOW, DEFAULT_POLICY).action

    read = replace(SETTLED.read, confidence=confidence)
    one = replace(SETTLED, read=read, reads=reads, frames=reads + missed)
    better = replace(
        one,
        read=replace(read, confidence=(1 + confidence) / 2),
        reads=reads + 1,
        frames=one.frames + 1,
    )
    assert (action(one), action(better)) != ("open", "ignore")


@pytest.mark.parametrize("on", ["allowed", "denied", "watched"])
def test_a_decision_has_its_entry(on: ListName) -> None:
    """For the payload and the records."""
    match = replace(ALLOWED, list=on)
    assert decided(match).match == match
