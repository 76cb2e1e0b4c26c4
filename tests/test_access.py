"""What of a policy can hardly be meant."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.access import DEFAULT_POLICY, Gate, Lists, Rule, doubts

GATE = Gate(line=17)
ALLOWED = {"list": "allowed", "action": "open"}
DOUBTS: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "a gate for strangers": (
        [{"list": "unknown", "action": "open"}],
        ['policy[#1].list = "unknown": opens for all who are on no list'],
    ),
    "a gate for those who are denied": (
        [{"list": "denied", "action": "open"}],
        ['policy[#1].list = "denied": opens for those who are denied'],
    ),
    "nearness that nothing has": (
        [ALLOWED | {"near": True, "least_reads": 4}],
        ["policy[#1].near = true: never holds while lists.max_distance = 0"],
    ),
    "a clock that nobody asks": (
        [ALLOWED | {"clock": "ntp"}],
        ['policy[#1].clock = "ntp": does nothing without times'],
    ),
    "a patience for no second factor": (
        [ALLOWED | {"second_factor_s": 5.0}],
        ["policy[#1].second_factor_s = 5: does nothing without second_factor"],
    ),
    "a rule behind one that always holds": (
        [{"list": "watched", "action": "alert"}, {"list": "watched", "action": "ignore"}],
        ["policy[#2]: is never reached, for policy[#1] holds whenever this one does"],
    ),
    "a stricter rule behind a laxer one": (
        [ALLOWED | {"least_reads": 4}, ALLOWED | {"least_reads": 5, "times": ["mon 07:00-09:00"]}],
        ["policy[#2]: is never reached"],
    ),
    "a laxer rule behind a stricter one": (
        [ALLOWED | {"least_reads": 5}, ALLOWED | {"least_reads": 4}],
        [],
    ),
    "an alert behind what opens": ([ALLOWED, {"list": "allowed", "action": "alert"}], []),
    "another way": (
        [
            {"list": "watched", "action": "alert", "direction": ["approaching"]},
            {"list": "watched", "action": "ignore"},
        ],
        [],
    ),
    "other hours": (
        [ALLOWED | {"times": ["mon-fri 07:00-18:00"]}, ALLOWED | {"least_reads": 6}],
        [],
    ),
}


def rules(*tables: dict[str, Any]) -> list[Rule]:
    """As they stand in a file."""
    return [Rule.model_validate(table) for table in tables]


@pytest.mark.parametrize("name", DOUBTS)
def test_a_doubt_names_key_and_value(name: str) -> None:
    """One line for each, and none for what may be meant."""
    tables, expected = DOUBTS[name]
    told = doubts(Lists(), GATE, rules(*tables))
    assert len(told) == len(expected)
    assert all(line.startswith(words) for line, words in zip(told, expected, strict=True))


def test_the_default_policy_is_beyond_doubt() -> None:
    """With a gate or without one, and where it is written out."""
    assert doubts(Lists(), Gate(), DEFAULT_POLICY) == []


def test_opening_without_a_gate_is_doubtful() -> None:
    """A dry run is one."""
    some = rules(ALLOWED | {"least_reads": 4})
    assert doubts(Lists(), Gate(dry_run=True), some) == []
    (told,) = doubts(Lists(), Gate(), some)
    assert told.startswith('policy[#1].action = "open": nothing is switched without [gate]')


def test_a_contact_that_no_rule_asks_for_is_doubtful() -> None:
    """It would look as if a badge were needed."""
    gate = Gate(line=17, confirm_line=22)
    (told,) = doubts(Lists(), gate, DEFAULT_POLICY)
    assert told == "gate.confirm_line = 22: no policy asks for a second_factor"
    assert doubts(Lists(), gate, rules(ALLOWED | {"second_factor": "confirm_line"})) == []


def test_nearness_is_no_doubt_where_it_is_allowed() -> None:
    """Both keys must say so."""
    assert doubts(Lists(max_distance=0.5), GATE, rules(ALLOWED | {"near": True})) == []
