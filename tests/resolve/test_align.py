"""Which character stands for which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.resolve.align import NONE, aligned, edits, likeness

TEXTS = st.text("AB1", max_size=6)
ALIGNED = {
    "equal": ("AB1", "AB1", ((0, 0), (1, 1), (2, 2))),
    "one mistaken": ("A81", "AB1", ((0, 0), (1, 1), (2, 2))),
    "one lost": ("A1", "AB1", ((0, 0), (NONE, 1), (1, 2))),
    "one too many": ("AXB1", "AB1", ((0, 0), (1, NONE), (2, 1), (3, 2))),
    "the first lost": ("B1", "AB1", ((NONE, 0), (0, 1), (1, 2))),
    "nothing": ("", "A", ((NONE, 0),)),
}


@pytest.mark.parametrize("name", ALIGNED)
def test_places(name: str) -> None:
    """A character that one of them lacks stands beside nothing."""
    one, other, expected = ALIGNED[name]
    assert aligned(one, other) == expected


@given(TEXTS, TEXTS)
def test_every_character_has_its_place_once_and_in_order(one: str, other: str) -> None:
    """In both texts, at as many differences as there are edits."""
    pairs = aligned(one, other)
    assert [i for i, _ in pairs if i != NONE] == list(range(len(one)))
    assert [j for _, j in pairs if j != NONE] == list(range(len(other)))
    changed = [(i, j) for i, j in pairs if NONE in {i, j} or one[i] != other[j]]
    assert len(changed) == edits(one, other) == edits(other, one)


@given(TEXTS, TEXTS, TEXTS)
def test_a_detour_is_no_shorter(one: str, other: str, third: str) -> None:
    """Edits are a distance."""
    assert edits(one, other) <= edits(one, third) + edits(third, other)


def test_likeness_is_a_share() -> None:
    """Of the longer text."""
    assert likeness("KX53PXF", "KX58PXF") == pytest.approx(6 / 7)
    assert (likeness("AB", "AB"), likeness("AB", "12"), likeness("", "")) == (1, 0, 1)
