"""Which version of MQTT is spoken: a table of brokers, and what no broker can bring about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.transmit.dialect import Dialect, Outcome

OUTCOMES: tuple[Outcome, ...] = ("accepted", "version", "hung up", "failed")


@pytest.mark.parametrize(
    ("broker", "outcomes", "versions"),
    [
        ("speaks 5", ["accepted"], ["5"]),
        ("refuses 5", ["version", "accepted"], ["5", "3.1.1"]),
        ("is away, then speaks 5", ["failed", "failed", "accepted"], ["5", "5", "5"]),
        (
            "hangs up on 5",
            ["hung up", "accepted", "hung up", "accepted"],
            ["5", "3.1.1", "5", "3.1.1"],
        ),
        ("hung up while it started", ["hung up", "accepted", "accepted"], ["5", "3.1.1", "5"]),
        ("hangs up on all", ["hung up", "hung up", "hung up"], ["5", "3.1.1", "5"]),
        ("speaks neither", ["version", "version", "version"], ["5", "3.1.1", "5"]),
        ("goes away in between", ["hung up", "accepted", "failed"], ["5", "3.1.1", "5"]),
    ],
)
def test_what_is_tried(broker: str, outcomes: list[Outcome], versions: list[str]) -> None:
    """Only the last of them may be a connection to stay with."""
    dialect, tried, kept = Dialect(), [], []
    for outcome in outcomes:
        tried.append(dialect.version)
        kept.append(dialect.note(outcome))
    assert tried == versions, broker
    assert kept == [*[False] * (len(outcomes) - 1), outcomes[-1] == "accepted"]


@given(st.lists(st.sampled_from(OUTCOMES)))
def test_3_1_1_is_kept_only_where_5_was_not_taken_just_before(outcomes: list[Outcome]) -> None:
    """Its session comes right after 5 was refused, or hung up on between two answers to 3.1.1."""
    dialect, before = Dialect(), list[tuple[str, Outcome]]()
    for outcome in outcomes:
        version = dialect.version
        if dialect.note(outcome) and version == "3.1.1":
            proof = [("3.1.1", "accepted"), ("5", "hung up")]
            assert before[-1] == ("5", "version") or before[-2:] == proof
        before.append((version, outcome))


@given(st.lists(st.sampled_from(OUTCOMES)))
def test_few_attempts_follow_without_a_pause(outcomes: list[Outcome]) -> None:
    """At most two in a row, whatever a broker answers."""
    dialect, pressing = Dialect(), 0
    for outcome in outcomes:
        dialect.note(outcome)
        pressing = pressing + 1 if dialect.is_pressing else 0
        assert pressing <= 2
