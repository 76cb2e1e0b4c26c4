"""What answers mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.transmit.answers import MOST_PAUSE_S, MOST_RETRY_AFTER_S, Answer, pause_s

VERDICTS = {
    "taken": (200, 201, 202, 204),
    "refused": (400, 409, 413, 422),
    "again": (None, 301, 302, 307, 401, 403, 404, 405, 408, 410, 415, 425, 429, 500, 503, 599, 999),
}
CASES = [(status, verdict) for verdict, statuses in VERDICTS.items() for status in statuses]


@pytest.mark.parametrize(("status", "verdict"), CASES)
def test_a_status_means_one_thing(status: int | None, verdict: str) -> None:
    """Only what speaks of the body refuses it; a consumer that moved or locks us out loses none."""
    answer = Answer(status, "no connection")
    assert answer.verdict == verdict
    assert (answer.words == "") == (verdict == "taken")


def test_a_redirect_says_what_to_do() -> None:
    """Who reads the problem learns that it is not followed, and what was expected."""
    assert Answer(301).words == (
        "answered 301 (Moved Permanently), which is not followed: expected the final address"
    )


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_pauses_grow_and_end(failures: int, drawn: float) -> None:
    """No pause is shorter than half a second, none longer than five minutes, after any failure."""
    pause = pause_s(Answer(500), failures, drawn)
    assert 0.5 <= pause <= min(MOST_PAUSE_S, 2.0 ** min(failures, 16))


@pytest.mark.parametrize(("asked", "given_s"), [(7, 7), (0, 0.5), (-9, 0.5), (10**9, 900)])
def test_a_consumer_may_ask_for_patience(asked: float, given_s: float) -> None:
    """Retry-After counts, within bounds, and a fleet that got the same one comes back spread."""
    answer = Answer(503, retry_after_s=asked)
    assert pause_s(answer, 9, 0.0) == given_s
    assert given_s <= pause_s(answer, 9, 1.0) <= MOST_RETRY_AFTER_S * 1.1
