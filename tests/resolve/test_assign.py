"""Tracks and sightings, paired."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from appliance.resolve.assign import EXACT, assign

FITS = st.dictionaries(
    st.tuples(st.integers(0, 3), st.integers(0, 3)), st.floats(0.01, 3), max_size=16
)


def test_the_best_pair_first_would_leave_two_alone() -> None:
    """Two plates moved on by the distance between them."""
    assert assign({(0, 0): 1.8, (0, 1): 1.6, (1, 0): 1.7}) == {0: 1, 1: 0}


def test_nothing_fits_nothing() -> None:
    """As in most frames."""
    assert assign({}) == {}


@given(FITS)
def test_no_assignment_is_better(fits: dict[tuple[int, int], float]) -> None:
    """Among all of four tracks and four sightings; each is used once and fits."""
    chosen = assign(fits)
    assert len(set(chosen.values())) == len(chosen)
    assert all(pair in fits for pair in chosen.items())
    most = max(
        sum(fits.get(pair, 0.0) for pair in enumerate(order)) for order in permutations(range(4))
    )
    assert abs(sum(fits[pair] for pair in chosen.items()) - most) < 1e-9


def test_a_crowd_is_assigned_in_turn() -> None:
    """Too many for all assignments: still each at most once."""
    count = EXACT + 2
    fits = {(t, s): 1 + (t == s) for t in range(count) for s in range(count)}
    assert assign(fits) == {n: n for n in range(count)}
